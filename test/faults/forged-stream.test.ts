import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { DOCUMENTED_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { createWorld, eventually, type World } from '../saga/world.ts'

/** `FORGED_SECONDS=180 npx vitest run test/faults/forged-stream.test.ts` measures the numbers of docs/performance.md. */
const SECONDS = Number(process.env.FORGED_SECONDS ?? 15)
/** The documented budget, in which the quota of single reads is used up from the start, as it is after some minutes of this. */
const LIMITS = { ...DOCUMENTED_LIMITS, unproven: 0.05 }
const FORGED_PER_SECOND = 12
const TRUE_PER_SECOND = 2
const MOST_ADDED_MS = 2_000

const STOLEN = 'api-key-stolen'

it.each([
  ['the same key', STOLEN],
  ['another key', 'api-key-own'],
])(
  'F50: the p99 of true events of %s rises by at most 2 s with 12 forged events a second',
  async (whose, keySlot) => {
    const world = await createWorld({ kind: 'postgres' })
    const pipeline = await world.start({ limits: LIMITS, concurrency: 50 })
    const alone = await run(world, pipeline, { forgedPerSecond: 0, keySlot })
    const beside = await run(world, pipeline, { forgedPerSecond: FORGED_PER_SECOND, keySlot })
    const calls = world.sandbox.story.of('call').filter(({ operation }) => operation.startsWith('GET /events')).length
    if (SECONDS > 15) console.log({ whose, alone, beside, forged: SECONDS * FORGED_PER_SECOND, calls })
    expect(beside.p99Ms).toBeLessThan(alone.p99Ms + MOST_ADDED_MS)
  },
  1_200_000,
)

/**
 * True events at a steady rate, with or without forged ones between them. Gives the time of each from its acceptance until its customer was
 * ready.
 */
async function run(
  world: World,
  { inbox, pool }: Pipeline,
  { forgedPerSecond, keySlot: own }: { forgedPerSecond: number; keySlot: string },
): Promise<{ p50Ms: number; p99Ms: number }> {
  const accept = (eventId: string, keySlot: string, occurredAt = new Date()) =>
    inbox.accept({
      eventId,
      type: 'identity.approved',
      occurredAt,
      isTest: false,
      origin: 'webhook',
      bodySha256: null,
      keySlot,
    })
  const sent: string[] = []
  for (let second = 0; second < SECONDS; second += 1) {
    const nextAt = Date.now() + 1_000
    const events = await world.sandbox.populate({
      count: TRUE_PER_SECOND,
      refIdPrefix: `true-${forgedPerSecond}-${second}-`,
      decision: 'approve',
      deliver: false,
    })
    const forged = Array.from({ length: forgedPerSecond }, () => accept(randomUUID(), STOLEN))
    await Promise.all([...forged, ...events.map(({ id, createdAt }) => accept(id, own, new Date(createdAt)))])
    sent.push(...events.map(({ id }) => id))
    await sleep(nextAt - Date.now())
  }
  const took = async (): Promise<number[]> => {
    const { rows } = await pool.query<{ ms: number }>(
      `SELECT extract(epoch FROM completed_at - received_at)::float8 * 1000 AS ms FROM inbox_event
       WHERE event_id = ANY ($1) AND state = 'processed' ORDER BY 1`,
      [sent],
    )
    return rows.map(({ ms }) => ms)
  }
  const all = await eventually(took, ({ length }) => length === sent.length, { withinMs: 300_000 })
  const at = (share: number): number => Math.round(all[Math.ceil(all.length * share) - 1] ?? Number.NaN)
  return { p50Ms: at(0.5), p99Ms: at(0.99) }
}
