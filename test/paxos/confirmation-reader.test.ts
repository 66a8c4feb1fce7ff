import { randomUUID } from 'node:crypto'
import { Registry } from 'prom-client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createConfirmationReader } from '../../src/paxos/confirmation-reader.ts'
import { createPaxosClient } from '../../src/paxos/paxos-client.ts'
import { createBudget } from '../../src/paxos/transport/budget.ts'
import { NO_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import { EVERY_NETWORK } from '../../src/platform/address-policy.ts'
import { createLogger } from '../../src/platform/logger.ts'
import type { Operation } from '../../src/sandbox/api/operations.ts'
import { createSandbox } from '../../src/sandbox/sandbox.ts'

const LIVE = { priority: 'live' } as const

async function start() {
  const logger = createLogger({ level: 'silent' })
  const sandbox = await createSandbox({ logger, host: '127.0.0.1', port: 0, portAsked: true, seed: 3, webhook: null })
  const budget = createBudget({ limits: NO_LIMITS })
  const paxos = createPaxosClient({
    apiUrl: sandbox.apiUrl,
    tokenUrl: sandbox.tokenUrl,
    outgoing: EVERY_NETWORK,
    clientId: 'sandbox',
    clientSecret: 'sandbox',
    timeoutMs: 2_000,
    budget,
    logger,
    metrics: new Registry(),
  })
  const reader = createConfirmationReader(paxos)
  onTestFinished(async () => {
    await reader.close()
    await paxos.close()
    await sandbox.close()
  })
  const events = await sandbox.populate({ count: 300, refIdPrefix: 'p-', decision: 'approve', deliver: false })
  const calls = (operation: Operation): number => sandbox.story.of('call').filter((call) => call.operation === operation).length
  const at = Date.now()
  return { sandbox, reader, events, calls, at }
}

describe('when many events wait for their confirmation', () => {
  it('reads them with few pages, and each as Get Event would return it', async () => {
    const { reader, events, calls } = await start()
    const read = await Promise.all(events.map(({ id, createdAt }) => reader.event(id, Date.parse(createdAt), LIVE)))
    expect(read.map(({ id, identityId }) => [id, identityId])).toEqual(events.map(({ id, identityId }) => [id, identityId]))
    expect(calls('GET /events')).toBeLessThanOrEqual(12)
    expect(calls('GET /events/{id}')).toBeLessThanOrEqual(12)
  })

  it('reads the statuses of their identities with few pages too', async () => {
    const { reader, events, calls } = await start()
    const read = await Promise.all(
      events.map(({ identityId, createdAt }) => reader.identity(identityId ?? '', Date.parse(createdAt), LIVE)),
    )
    expect(read.map(({ id, status }) => [id, status])).toEqual(events.map(({ identityId }) => [identityId, 'APPROVED']))
    expect(calls('GET /identity/identities') + calls('GET /identity/identities/{id}')).toBeLessThanOrEqual(24)
  })

  it('reads by id the events that the listing lacks, and fails only the unknown one', async () => {
    const { reader, events, at } = await start()
    const wanted = [...events.slice(0, 20).map(({ id }) => id), randomUUID()]
    const read = await Promise.allSettled(wanted.map((id) => reader.event(id, at, LIVE)))
    expect(read.map(({ status }) => status)).toEqual([...Array(20).fill('fulfilled'), 'rejected'])
    expect(read.at(-1)).toMatchObject({ reason: { code: 'PAXOS_NOT_FOUND' } })
  })

  it('uses Get Event when Paxos refuses List Events, and does not try the listing again for a while', async () => {
    const { sandbox, reader, events, calls, at } = await start()
    sandbox.faults.arm({ on: 'GET /events', do: 'answer', status: 403 })
    for (const part of [events.slice(0, 50), events.slice(50, 100)]) await Promise.all(part.map(({ id }) => reader.event(id, at, LIVE)))
    expect(calls('GET /events/{id}')).toBe(100)
    expect(calls('GET /events')).toBeLessThanOrEqual(4) // one for each batch in progress when the first was refused
  })

  it('finds an event whose webhook gave a wrong time', async () => {
    const { reader, events } = await start()
    const ids = events.slice(0, 30).map(({ id }) => id)
    const read = await Promise.all(ids.map((id) => reader.event(id, Date.now() + 3_600_000, LIVE)))
    expect(read.map(({ id }) => id)).toEqual(ids)
  })
})

describe('when a single event waits', () => {
  it('reads it with one call', async () => {
    const { reader, events, calls, at } = await start()
    await reader.event(events[0]?.id ?? '', at, LIVE)
    expect([calls('GET /events/{id}'), calls('GET /events')]).toEqual([1, 0])
  })
})

describe('when a status changes', () => {
  it('the reader reads it again each time, even if an earlier page had brought it', async () => {
    const { sandbox, reader, events, at } = await start()
    const ids = events.slice(0, 50).map(({ identityId }) => identityId ?? '')
    await Promise.all(ids.map((id) => reader.identity(id, at, LIVE)))
    for (const id of ids) {
      const identity = sandbox.identities.get(id)
      if (identity) sandbox.engine.set(identity, { adminDisabled: true })
    }
    const again = await Promise.all(ids.map((id) => reader.identity(id, at, LIVE)))
    expect(new Set(again.map(({ status }) => status))).toEqual(new Set(['DISABLED']))
  })

  it('the reader reads it again with few pages, even after the listing has passed it', async () => {
    const { reader, events, calls } = await start()
    const some = events.slice(0, 50)
    const read = () => Promise.all(some.map(({ identityId, createdAt }) => reader.identity(identityId ?? '', Date.parse(createdAt), LIVE)))
    for (let times = 0; times < 4; times += 1) await read()
    expect(calls('GET /identity/identities') + calls('GET /identity/identities/{id}')).toBeLessThanOrEqual(24)
  })

  it('the reader gives the new status to a caller that comes after the change, even if a page for other callers had just brought the old one', async () => {
    const { sandbox, reader, events, at } = await start()
    await Promise.all(events.slice(0, 50).map(({ identityId }) => reader.identity(identityId ?? '', at, LIVE)))
    for (const { identityId } of events.slice(50)) {
      const identity = sandbox.identities.get(identityId ?? '')
      if (identity) sandbox.engine.decide(identity, 'disable')
    }
    const seen = []
    for (const { identityId } of events.slice(50)) seen.push(await reader.identity(identityId ?? '', Date.now(), LIVE))
    expect(new Set(seen.map(({ status }) => status))).toEqual(new Set(['DISABLED']))
  })
})
