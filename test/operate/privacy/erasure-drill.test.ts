import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { verifyAudit } from '../../../src/audit/audit.ts'
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts'
import { createOnboarding } from '../../../src/operate/onboarding/create-onboarding.ts'
import { eraseAgain } from '../../../src/operate/privacy/erase-again.ts'
import { verifyErasure } from '../../../src/operate/privacy/erasures.ts'
import { createLogger } from '../../../src/platform/logger.ts'
import { certificateKey } from '../../../src/platform/signed-claims.ts'
import { samplePerson } from '../../../src/sandbox/world/sample-person.ts'
import { ENCRYPTION_KEY, type Pipeline } from '../../saga/start-pipeline.ts'
import { createWorld } from '../../saga/world.ts'
import { execute } from '../../support/template-database.ts'
import { TESTER } from '../../tour/trader.ts'
import { erasureParts, erasuresOf } from './erasures-of.ts'

const WHY = { reason: 'the person asked for it' }
const logger = createLogger({ level: 'silent' })

/** A full copy of the database's files, made by Postgres; the source must have no session. Returns the copy's address. */
async function backUp(databaseUrl: string): Promise<string> {
  const name = `gatehouse_backup_${randomUUID().slice(0, 8)}`
  await execute(inject('postgresUrl'), `CREATE DATABASE ${name} TEMPLATE ${new URL(databaseUrl).pathname.slice(1)} STRATEGY file_copy`)
  onTestFinished(() => execute(inject('postgresUrl'), `DROP DATABASE ${name} WITH (FORCE)`))
  return Object.assign(new URL(databaseUrl), { pathname: `/${name}` }).href
}

/** A request whose person's data is sealed, because nothing works on it yet. */
async function askedFor(pipeline: Pipeline, asked: { idempotencyKey: string; request: ReturnType<typeof samplePerson> }): Promise<string> {
  const parts = { ...pipeline, workNow: async () => {}, encryptionKey: ENCRYPTION_KEY, now: Date.now, patienceMs: 20 }
  const made = await createOnboarding(parts, { ...asked, requestedBy: 'app' })
  if (made.kind !== 'running') throw new Error('it is done already')
  return (await pipeline.inbox.findCommand(made.commandId))?.streamId ?? ''
}

async function keysDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-keys-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  return directory
}

const rowsOf = async ({ pool }: Pipeline, sql: string, id: string): Promise<number> => (await pool.query(sql, [id])).rows.length

describe("the drill: yesterday's full backup with yesterday's ENCRYPTION_KEY", () => {
  it('C3: an erased person stays erased, with a certificate before and one after the restore', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const vaultKeys = { directory: await keysDirectory() }
    const asked = { idempotencyKey: randomUUID(), request: samplePerson() }
    const yesterday = await world.start({ concurrency: 0, vaultKeys })
    const requestId = await askedFor(yesterday, asked)
    expect(await yesterday.vault.open(requestId)).toMatchObject({ person_details: asked.request.person_details })
    await yesterday.close()
    const backup = await backUp(world.databaseUrl)

    const today = await world.start({ concurrency: 0, vaultKeys })
    const erased = await erasuresOf(today).erasePerson(requestId, WHY, TESTER)
    const { publicJwk } = await certificateKey(ENCRYPTION_KEY)
    const first = await verifyErasure(erased?.certificate ?? '', publicJwk)
    expect(first).toMatchObject({ subject: requestId, afterRestore: false, keysApart: true, sealedPayloadsDestroyed: 1, eventsEnded: 1 })
    expect(await rowsOf(today, 'SELECT FROM sealed_payload WHERE id = $1', requestId)).toBe(0)

    const restored = await world.start({ databaseUrl: backup, concurrency: 0, vaultKeys })
    expect(await rowsOf(restored, 'SELECT FROM sealed_payload WHERE id = $1', requestId)).toBe(1) // the backup has the payload
    expect(await rowsOf(restored, 'SELECT FROM vault_key WHERE id = $1', requestId)).toBe(0) // and no key for it
    expect(await restored.vault.open(requestId)).toBeNull()
    expect(await eraseAgain(erasureParts(restored), logger)).toBe(1)
    expect(await eraseAgain(erasureParts(restored), logger)).toBe(0)
    const again = await erasuresOf(restored).getErasure(requestId)
    expect(await verifyErasure(again?.certificate ?? '', publicJwk)).toMatchObject({ afterRestore: true, eventsEnded: 1 })
    expect(await rowsOf(restored, 'SELECT FROM sealed_payload WHERE id = $1', requestId)).toBe(0)
    const left = await restored.pool.query(`SELECT DISTINCT state FROM inbox_event WHERE stream_id = $1`, [requestId])
    expect(left.rows).toEqual([{ state: 'dismissed' }])
    await expect(askedFor(restored, asked)).rejects.toMatchObject({ code: 'PERSON_ERASED' })
    expect((await verifyLedger(restored.pool)).faults).toEqual([])
    expect((await verifyAudit(restored.pool)).fault).toBeNull()
    expect(world.sandbox.story.of('identity-created')).toHaveLength(0)
  })

  it('brings the person back when the keys are in the database itself, and the certificate says so', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const yesterday = await world.start({ concurrency: 0 })
    const requestId = await askedFor(yesterday, { idempotencyKey: randomUUID(), request: samplePerson() })
    await yesterday.close()
    const backup = await backUp(world.databaseUrl)
    const today = await world.start({ concurrency: 0 })
    const erased = await erasuresOf(today).erasePerson(requestId, WHY, TESTER)
    expect(await verifyErasure(erased?.certificate ?? '', (await certificateKey(ENCRYPTION_KEY)).publicJwk)).toMatchObject({
      keysApart: false,
    })
    const restored = await world.start({ databaseUrl: backup, concurrency: 0 })
    expect(await restored.vault.open(requestId)).not.toBeNull()
  })
})
