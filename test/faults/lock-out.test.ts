import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryStores } from '../../bench/support/memory-stores.ts'
import { createSimulatedWorker } from '../../bench/support/simulated-worker.ts'
import { sleepByClock } from '../../bench/support/sleep-by-clock.ts'
import { createStubPaxos } from '../../bench/support/stub-paxos.ts'
import { approvals } from '../../bench/support/upstream.ts'
import { workOff } from '../../bench/support/work-off.ts'
import { createBudget } from '../../src/paxos/transport/budget.ts'
import { createMemoryBudgetStore } from '../../src/paxos/transport/budget-store.ts'
import { DOCUMENTED_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import type { EventHandler } from '../../src/queue/event-worker.ts'
import { SeededRandom } from '../../src/sandbox/world/seeded-random.ts'

const LIMITS = DOCUMENTED_LIMITS
const EVENTS = 2_000
const CONCURRENCY = 20
const LATENCY_MS = 50
/** A 429 locks the address out of everything for this time (paxos/api.md 1.5). Each call within it is answered 429. */
const LOCKED_OUT_MS = 300_000

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'], now: Date.parse('2026-03-02T09:00:00Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('when Paxos locks the address out during a backlog', () => {
  it('no call is made for five minutes; then one call, then all, and no attempt is spent', { timeout: 120_000 }, async () => {
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
    const startProcess = (): EventHandler =>
      createSimulatedWorker({
        stub,
        stores,
        budget: createBudget({ limits: LIMITS, store: budgets, now: Date.now, sleep: sleepByClock }),
        now: Date.now,
        latencyMs: LATENCY_MS,
        accountsClass: 'general',
        onCall,
        random: () => dice.fraction(Date.now(), calls.length),
      })
    const processes = [startProcess(), startProcess(), startProcess()]
    await workOff(processes, { events: EVENTS, concurrency: CONCURRENCY, tick: () => vi.advanceTimersByTime(5) })

    expect(stores.readyCount()).toBe(EVENTS)
    expect(stub.counts()).toMatchObject({ accounts: EVENTS, identitiesWithAccount: EVENTS })
    for (let seq = 1; seq <= EVENTS; seq += 1)
      expect(await stores.inbox.load(String(seq))).toMatchObject({ state: 'processed', attempts: 0, unknownOutcomes: 0 })
    const begun = lockedUntil - LOCKED_OUT_MS
    // The calls in flight in three processes until the first 429, and in each the windows of a pass in the same tick; then none.
    expect(calls.filter(({ refused }) => refused).length).toBeLessThanOrEqual(3 * CONCURRENCY)
    expect(calls.filter(({ at }) => at >= begun && at < begun + LATENCY_MS).length).toBeLessThanOrEqual(3 * CONCURRENCY)
    expect(calls.filter(({ at }) => at === begun + LATENCY_MS).length).toBeLessThanOrEqual(3 * 8)
    expect(calls.filter(({ at }) => at > begun + LATENCY_MS && at < lockedUntil)).toEqual([])
    const after = calls.filter(({ at }) => at >= lockedUntil)
    const [probe, ...others] = after
    expect(others.filter(({ at }) => at < probe!.at + LATENCY_MS)).toEqual([])
    expect(probe!.at - lockedUntil).toBeLessThan(180_000) // a snooze takes up to half as long again
    expect(after.filter(({ refused }) => refused)).toEqual([])
  })
})
