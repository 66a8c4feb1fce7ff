import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import { DOCUMENTED_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import { createWorld, eventually } from '../saga/world.ts'

/** `FLOOD=20000 npx vitest run test/faults/flood.test.ts`: the full goal of F50, which takes a minute or two. */
const FORGED = Number(process.env.FLOOD ?? 1_500)
const TRUE_EVENTS = FORGED >= 20_000 ? 50 : 20
const READY_WITHIN_MS = 10_000

const STOLEN = 'api-key-stolen'

it.each([
  ['the same key', STOLEN],
  ['another key', 'api-key-own'],
])(
  'F50: true events of %s are ready within 10 s behind a flood of forged ones, and each forged one costs at most two calls',
  async (whose, keySlot) => {
    const world = await createWorld({ kind: 'postgres' })
    const receiving = await world.start({ concurrency: 0 })
    const accept = (id: string, key: string, occurredAt: Date) =>
      receiving.inbox.accept({
        eventId: id,
        type: 'identity.approved',
        occurredAt,
        isTest: false,
        origin: 'webhook',
        bodySha256: null,
        keySlot: key,
      })
    for (let sent = 0; sent < FORGED; sent += 500)
      await Promise.all(Array.from({ length: 500 }, () => accept(randomUUID(), STOLEN, new Date())))
    const events = await world.sandbox.populate({ count: TRUE_EVENTS, refIdPrefix: 'true-', decision: 'approve', deliver: false })
    const pipeline = await world.start({ limits: DOCUMENTED_LIMITS, concurrency: 50 })
    await Promise.all(events.map(({ id, createdAt }) => accept(id, keySlot, new Date(createdAt))))
    const startedAt = Date.now()
    const ready = async (): Promise<number> => {
      const { rows } = await pipeline.pool.query<{ ready: number }>("SELECT count(*)::int AS ready FROM onboarding WHERE state = 'ready'")
      return rows[0]?.ready ?? 0
    }
    await eventually(ready, (count) => count === TRUE_EVENTS, { withinMs: 120_000 })
    const readyAfterMs = Date.now() - startedAt
    if (FORGED >= 20_000) console.log({ whose, forged: FORGED, readyAfterMs })
    const reads = (): number => world.sandbox.story.of('call').filter(({ operation }) => operation.startsWith('GET /events')).length
    await eventually(
      async () => (await pipeline.inbox.count()).accepted,
      (accepted) => accepted === 0,
      { withinMs: 900_000 },
    )
    const parked = await pipeline.pool.query<{ events: number; attempts: number }>(
      "SELECT count(*)::int AS events, max(attempts) AS attempts FROM inbox_event WHERE state = 'parked' AND error_code = 'EVENT_UNKNOWN_TO_PAXOS'",
    )
    if (FORGED >= 20_000) console.log({ reads: reads(), parked: parked.rows[0], allAfterMs: Date.now() - startedAt })
    const keys = await pipeline.pool.query<{ slot: string }>('SELECT slot FROM webhook_key WHERE demoted_at IS NOT NULL')
    expect(keys.rows).toEqual([{ slot: STOLEN }])
    expect(readyAfterMs).toBeLessThan(READY_WITHIN_MS)
    expect(reads()).toBeLessThanOrEqual(2 * FORGED)
    expect(parked.rows[0]).toMatchObject({ events: FORGED })
    expect(parked.rows[0]!.attempts).toBeLessThanOrEqual(2)
  },
  1_200_000,
)
