import type { Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PaxosUnavailableError } from '../../src/paxos/paxos-errors.ts'
import { createContactLog, readUpstreamContact } from '../../src/paxos/upstream-contact.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { eventually } from '../saga/world.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

let database: TestDatabase
let pool: Pool
beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool({ connectionString: database.url, max: 2, applicationName: 'contact test' })
})
beforeEach(() => pool.query('TRUNCATE paxos_contact'))
afterAll(async () => {
  await pool.end()
  await database.drop()
})

const logger = createLogger({ level: 'silent' })
const api = async () => (await readUpstreamContact(pool)).find(({ circuit }) => circuit === 'api') ?? null
const failure = new PaxosUnavailableError({ operation: 'events.get', status: 503 })

describe('the contact with Paxos', () => {
  it('F6: is known to every process: since when it is lost, why, and when the next probe goes out', async () => {
    const tell = createContactLog({ pool, logger })
    tell('api', { openForMs: 20_000, error: failure })
    const first = await eventually(api, (seen) => seen !== null)
    expect(first).toMatchObject({ errorCode: 'PAXOS_UNAVAILABLE', httpStatus: 503, failingSince: expect.any(Date) })
    const probeInMs = first!.nextProbeAt!.getTime() - Date.now()
    expect(probeInMs > 10_000 && probeInMs <= 20_500).toBe(true)
    tell('api', { openForMs: 40_000, error: failure })
    const second = await eventually(api, (seen) => seen!.nextProbeAt! > first!.nextProbeAt!)
    expect(second!.failingSince).toEqual(first!.failingSince)
    tell('api', null)
    const healed = await eventually(api, (seen) => seen!.answeredAt !== null)
    expect(healed).toMatchObject({ failingSince: null, errorCode: null, httpStatus: null, nextProbeAt: null })
  })

  it('F6: is not reported as lost when the reporting process has ended', async () => {
    createContactLog({ pool, logger })('api', { openForMs: 1_000, error: failure })
    await eventually(api, (seen) => seen !== null)
    await pool.query(`UPDATE paxos_contact SET next_probe_at = now() - interval '2 minutes'`)
    expect(await api()).toMatchObject({ failingSince: null, nextProbeAt: null })
  })
})
