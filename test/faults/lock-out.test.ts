import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryStores } from '../../bench/support/memory-stores.ts'
import { connectSimulatedPaxos } from '../../bench/support/simulated-paxos.ts'
import { createStubPaxos } from '../../bench/support/stub-paxos.ts'
import { approvals } from '../../bench/support/upstream.ts'
import { createBudget } from '../../src/paxos/budget.ts'
import { createMemoryBudgetStore } from '../../src/paxos/budget-store.ts'
import { createConfirmationReader } from '../../src/paxos/confirmation-reader.ts'
import { createLogger } from '../../src/platform/logger.ts'
import type { EventHandler, EventJob } from '../../src/queue/event-queue.ts'
import { createEventProcessor } from '../../src/saga/process-event.ts'
import { SeededRandom } from '../../src/sandbox/seeded-random.ts'

const LIMITS = { token: 1, identity: 10, general: 50 }
const EVENTS = 2_000
const CONCURRENCY = 20
const LATENCY_MS = 50
/** A 429 locks the address out of everything for so long (paxos/api.md 1.5); each call meanwhile is answered with another. */
const LOCKED_OUT_MS = 300_000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'], now: Date.parse('2026-03-02T09:00:00Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('when Paxos locks the address out in the midst of a backlog', () => {
  it('nobody calls for five minutes; then one call goes, then all, and nothing was spent on it', { timeout: 120_000 }, async () => {
    const events = approvals(EVENTS)
    const stub = createStubPaxos()
    stub.load(events)
    const stores = createMemoryStores(events)
    const budgets = createMemoryBudgetStore({ now: Date.now })
    const dice = new SeededRandom(1)
    let lockedUntil = 0
    const calls: { at: number; refused: boolean }[] = []
    const onCall = (): number | undefined => {
      if (lockedUntil === 0 && calls.length === 1_000) lockedUntil = Date.now() + LOCKED_OUT_MS
      const refused = Date.now() < lockedUntil
      calls.push({ at: Date.now(), refused })
      return refused ? 429 : undefined
    }
    const startProcess = (): EventHandler => {
      const budget = createBudget({ limits: LIMITS, store: budgets, now: Date.now, sleep })
      const paxos = connectSimulatedPaxos({ stub, budget, now: Date.now, latencyMs: LATENCY_MS, onCall })
      return createEventProcessor({
        ...stores,
        reader: createConfirmationReader(paxos),
        paxos,
        notices: { name: 'none', send: async () => ({ status: 204 }), close: async () => {} },
        logger: createLogger({ level: 'silent' }),
        metrics: { ended: () => {}, willRetry: () => {} },
        unknownIdentities: 'adopt',
        now: Date.now,
        random: () => dice.fraction(Date.now(), calls.length),
      })
    }
    await workOff([startProcess(), startProcess(), startProcess()])

    expect(stores.readyCount()).toBe(EVENTS)
    expect(stub.counts()).toMatchObject({ accounts: EVENTS, identitiesWithAccount: EVENTS })
    for (let seq = 1; seq <= EVENTS; seq += 1)
      expect(await stores.inbox.load(String(seq))).toMatchObject({ state: 'processed', attempts: 0, unknownOutcomes: 0 })
    const begun = lockedUntil - LOCKED_OUT_MS
    // Those under way in three processes when the first 429 came.
    expect(calls.filter(({ at }) => at >= begun && at < lockedUntil).length).toBeLessThanOrEqual(3 * CONCURRENCY)
    expect(calls.filter(({ at }) => at > begun + 2 * LATENCY_MS && at < lockedUntil)).toEqual([])
    const after = calls.filter(({ at }) => at >= lockedUntil)
    const [probe, ...others] = after
    expect(others.filter(({ at }) => at < probe!.at + LATENCY_MS)).toEqual([])
    expect(probe!.at - lockedUntil).toBeLessThan(180_000) // a snooze waits half as long again at most
    expect(after.filter(({ refused }) => refused)).toEqual([])
  })
})

/** By the simulated clock; that of node:timers/promises is the real one. */
function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** A queue for several processes: so many jobs in hand in each, the oldest first; what is told to come back later does so at its time. */
async function workOff(handlers: readonly EventHandler[]): Promise<void> {
  const waiting: EventJob[] = Array.from({ length: EVENTS }, (_, index) => ({ seq: String(index + 1), generation: 0 }))
  let unfinished = EVENTS
  const processes = handlers.map((handle) => ({ handle, inHand: 0 }))
  const take = (): void => {
    for (const each of processes) {
      for (; each.inHand < CONCURRENCY && waiting.length > 0; each.inHand += 1) void work(each, waiting.shift()!)
    }
  }
  const work = async (each: (typeof processes)[number], job: EventJob): Promise<void> => {
    const outcome = await each.handle(job, { rescues: 0 })
    each.inHand -= 1
    if (outcome.kind === 'done') unfinished -= 1
    else {
      setTimeout(() => {
        waiting.push(job)
        take()
      }, outcome.at - Date.now())
    }
    take()
  }
  take()
  while (unfinished > 0) {
    for (let turns = 0; turns < 3; turns += 1) await turn() // whatever can go on without the clock does so
    vi.advanceTimersByTime(5)
  }
}
