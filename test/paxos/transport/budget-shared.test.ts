import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Budget, createBudget } from '../../../src/paxos/transport/budget.ts'
import type { Priority } from '../../../src/paxos/transport/budget-state.ts'
import { type BudgetStore, createPostgresBudgetStore } from '../../../src/paxos/transport/budget-store.ts'
import { type BudgetLimits, DOCUMENTED_LIMITS, NO_LIMITS } from '../../../src/paxos/transport/endpoint-class.ts'
import { createPool } from '../../../src/platform/postgres/postgres.ts'
import { createTestDatabase, type TestDatabase } from '../../support/test-database.ts'

const LIMITS = DOCUMENTED_LIMITS
const IDENTITY_ROOM = 2_910
const IDENTITY_REPLAY_ROOM = 2_328

let database: TestDatabase
let pool: ReturnType<typeof createPool>
beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool({ connectionString: database.url, max: 4, applicationName: 'budget test' })
})
beforeEach(async () => {
  await pool.query(`UPDATE paxos_budget SET state = '{}'`)
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

/** One process as the others see it: its own budget on the shared store. */
function startProcess(limits: BudgetLimits = LIMITS): { budget: Budget; trips: () => number } {
  const store = createPostgresBudgetStore({ pool })
  let trips = 0
  const counted: BudgetStore = {
    update: (change) => {
      trips += 1
      return store.update(change)
    },
  }
  return { budget: createBudget({ limits, store: counted }), trips: () => trips }
}

/** Acquires with this many calls at once until a refusal, and returns how many were granted. */
async function takeAll(budget: Budget, { priority, lanes = 10 }: { priority: Priority; lanes?: number }): Promise<number> {
  let taken = 0
  const lane = async (): Promise<void> => {
    for (;;) {
      const refused = await budget.acquire('identity', { priority }).then(
        () => null,
        (error: { code: string }) => error.code,
      )
      if (refused === 'BUDGET_EXHAUSTED') return
      if (refused !== null) throw new Error(refused)
      taken += 1
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return taken
}

describe('when several processes share the budget', () => {
  it('together they get what one alone would get, less the few calls that each has reserved', { timeout: 60_000 }, async () => {
    const processes = [startProcess(), startProcess(), startProcess()]
    const taken = (await Promise.all(processes.map(({ budget }) => takeAll(budget, { priority: 'live' })))).reduce((sum, n) => sum + n)
    expect(taken).toBeLessThanOrEqual(IDENTITY_ROOM)
    expect(taken).toBeGreaterThan(IDENTITY_ROOM * 0.95)
  })

  it('replay gets what live calls leave, from any process', { timeout: 60_000 }, async () => {
    const [live, replay] = [startProcess(), startProcess()]
    for (let calls = 0; calls < 1_000; calls += 1) await live.budget.acquire('identity', { priority: 'live' })
    const replayed = await takeAll(replay.budget, { priority: 'replay' })
    expect(replayed).toBeLessThanOrEqual(IDENTITY_REPLAY_ROOM - 1_000)
    expect(replayed).toBeGreaterThan(IDENTITY_REPLAY_ROOM - 1_000 - 200)
    await expect(live.budget.acquire('identity', { priority: 'live' })).resolves.toBeUndefined()
  })

  it('calls that a process had reserved when it died stay counted', { timeout: 60_000 }, async () => {
    const dead = startProcess()
    await dead.budget.acquire('identity', { priority: 'live' }) // and has reserved a few more, which no process will use
    const taken = await takeAll(startProcess().budget, { priority: 'live' })
    expect(taken).toBeLessThan(IDENTITY_ROOM - 1)
  })

  it('one 429 stops them all within a lease', { timeout: 60_000 }, async () => {
    const [met, other] = [startProcess(), startProcess()]
    await other.budget.acquire('general', { priority: 'live' })
    met.budget.onThrottled(60_000)
    await expect(met.budget.acquire('general', { priority: 'live' })).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' })
    await expect
      .poll(
        () =>
          other.budget.acquire('general', { priority: 'live' }).then(
            () => 'granted',
            (error: { code: string }) => error.code,
          ),
        {
          timeout: 20_000,
        },
      )
      .toBe('BUDGET_EXHAUSTED')
    const lockedForMs = await startProcess().budget.lockedForMs()
    expect(lockedForMs).toBeGreaterThan(20_000)
    expect(lockedForMs).toBeLessThanOrEqual(60_000)
  })

  it('only one call goes out after a lock-out, and the others once Paxos has answered it', { timeout: 60_000 }, async () => {
    const processes = [startProcess(), startProcess(), startProcess()].map(({ budget }) => budget)
    const ask = (budget: Budget): Promise<string> =>
      budget.acquire('general', { priority: 'live' }).then(
        () => 'granted',
        (error: { code: string }) => error.code,
      )
    const askAll = async (): Promise<[Budget, string][]> => {
      const asked = processes.flatMap((budget) => [budget, budget, budget])
      return Promise.all(asked.map(async (budget): Promise<[Budget, string]> => [budget, await ask(budget)]))
    }
    const oneOfAll = async (): Promise<Budget> => {
      for (;;) {
        const granted = (await askAll()).filter(([, answer]) => answer === 'granted')
        expect(granted.length).toBeLessThanOrEqual(1)
        if (granted[0]) return granted[0][0]
      }
    }
    processes[0]!.onThrottled(1_500)
    await expect.poll(() => processes[1]!.lockedForMs(), { timeout: 20_000 }).toBeGreaterThan(0)
    const first = await oneOfAll()
    expect((await askAll()).map(([, answer]) => answer)).not.toContain('granted') // Paxos has not answered it yet
    first.onThrottled(1_500) // Paxos answered it with 429
    await expect.poll(() => processes.find((budget) => budget !== first)!.lockedForMs(), { timeout: 20_000 }).toBeGreaterThan(0)
    const second = await oneOfAll()
    second.onAnswered()
    await expect.poll(askAll, { timeout: 20_000 }).toSatisfy((all: [Budget, string][]) => all.every(([, answer]) => answer === 'granted'))
  })

  it('one 429 also stops processes without limits of their own', { timeout: 60_000 }, async () => {
    const [met, other] = [startProcess(), startProcess(NO_LIMITS)]
    met.budget.onThrottled(60_000)
    await expect
      .poll(
        () =>
          other.budget.acquire('general', { priority: 'live' }).then(
            () => 'granted',
            (error: { code: string }) => error.code,
          ),
        {
          timeout: 20_000,
        },
      )
      .toBe('BUDGET_EXHAUSTED')
  })
})

describe('when one process calls often', () => {
  it('it asks the store for many calls at once', { timeout: 60_000 }, async () => {
    const { budget, trips } = startProcess()
    for (let calls = 0; calls < 1_000; calls += 1) await budget.acquire('general', { priority: 'live' })
    expect(trips()).toBeLessThan(1_000 / 10)
  })
})

describe('when Postgres is away', () => {
  it('no call is sent and no attempt is spent, and calls go on when Postgres is back', { timeout: 60_000 }, async () => {
    const gone = createPool({ connectionString: 'postgresql://127.0.0.1:1/none', max: 1, applicationName: 'budget test' })
    const [away, here] = [createPostgresBudgetStore({ pool: gone }), createPostgresBudgetStore({ pool })]
    let store = away
    const budget = createBudget({ limits: LIMITS, store: { update: (change) => store.update(change) } })
    const refusal = { code: 'SERVICE_UNAVAILABLE', retry: 'snooze' }
    await expect(budget.acquire('general', { priority: 'live' })).rejects.toMatchObject(refusal)
    await expect(budget.acquire('general', { priority: 'live' })).rejects.toMatchObject(refusal)
    store = here
    await expect
      .poll(
        () =>
          budget.acquire('general', { priority: 'live' }).then(
            () => 'granted',
            (error: { code: string }) => error.code,
          ),
        {
          timeout: 20_000,
        },
      )
      .toBe('granted')
    await gone.end()
  })
})
