import { describe, expect, it } from 'vitest'
import { type Budget, createBudget } from '../../../src/paxos/transport/budget.ts'
import type { Priority } from '../../../src/paxos/transport/budget-state.ts'
import { type BudgetLimits, DOCUMENTED_LIMITS, type EndpointClass, NO_LIMITS } from '../../../src/paxos/transport/endpoint-class.ts'

const LIMITS = DOCUMENTED_LIMITS
/** 10/s over 300 s with the safety margin of 3 %. */
const IDENTITY_ROOM = 2_910
const IDENTITY_REPLAY_ROOM = 2_328

function startBudget(limits: BudgetLimits = LIMITS) {
  let nowMs = 1_000_000
  const slept: number[] = []
  const sleep = async (ms: number): Promise<void> => {
    slept.push(ms)
    nowMs += ms
  }
  const budget = createBudget({ limits, now: () => nowMs, sleep })
  return {
    budget,
    slept,
    now: () => nowMs,
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

/** Acquires until a refusal, at most `most` times, and returns how many calls were granted. */
async function takeAll(
  budget: Budget,
  endpointClass: EndpointClass,
  { priority, most = 100_000 }: { priority: Priority; most?: number },
): Promise<number> {
  for (let taken = 0; taken < most; taken++) {
    try {
      await budget.acquire(endpointClass, { priority })
    } catch {
      return taken
    }
  }
  return most
}

describe('the budget', () => {
  it('allows a burst of five minutes at the documented average, less a margin', async () => {
    const { budget } = startBudget()
    expect(await takeAll(budget, 'identity', { priority: 'live' })).toBe(IDENTITY_ROOM)
    expect(await takeAll(budget, 'general', { priority: 'live' })).toBe(50 * 300 * 0.97)
    expect(await takeAll(budget, 'token', { priority: 'live' })).toBe(291)
  })

  it('F49: says before a call that there is no room for it within its patience, and takes nothing', async () => {
    const { budget, pass } = startBudget()
    await expect(budget.room('identity', { priority: 'live', patience: 'long' })).resolves.toBeUndefined()
    expect(await takeAll(budget, 'identity', { priority: 'live' })).toBe(IDENTITY_ROOM)
    await expect(budget.room('identity', { priority: 'live', patience: 'long' })).rejects.toMatchObject({
      code: 'BUDGET_EXHAUSTED',
      retryAfterMs: expect.closeTo(300_000, -4),
    })
    await expect(budget.room('general', { priority: 'live', patience: 'long' })).resolves.toBeUndefined()
    pass(285_000) // the window opens in 16 s
    await expect(budget.room('identity', { priority: 'live', patience: 'long' })).resolves.toBeUndefined()
    await expect(budget.room('identity', { priority: 'live', patience: 'short' })).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' })
    pass(17_000)
    await budget.room('identity', { priority: 'live', patience: 'long' })
    expect(await takeAll(budget, 'identity', { priority: 'live' })).toBe(IDENTITY_ROOM)
  })

  it('F49: says that there is no room during a lockout', async () => {
    const { budget } = startBudget()
    budget.onThrottled(300_000)
    await expect(budget.room('general', { priority: 'live', patience: 'long' })).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' })
  })

  it('counts each endpoint class separately', async () => {
    const { budget } = startBudget()
    await takeAll(budget, 'identity', { priority: 'live' })
    await expect(budget.acquire('general', { priority: 'live' })).resolves.toBeUndefined()
  })

  it('says when there is room again, and grants the call then and not before', async () => {
    const { budget, pass } = startBudget()
    await takeAll(budget, 'identity', { priority: 'live' })
    const refused = (await budget.acquire('identity', { priority: 'live' }).catch((error: unknown) => error)) as { retryAfterMs: number }
    expect(refused).toMatchObject({ code: 'BUDGET_EXHAUSTED', retry: 'snooze' })
    expect(refused.retryAfterMs).toBeGreaterThanOrEqual(301_000)
    expect(refused.retryAfterMs).toBeLessThanOrEqual(302_000)
    pass(refused.retryAfterMs - 2_001)
    await expect(budget.acquire('identity', { priority: 'live' })).rejects.toMatchObject({ retryAfterMs: 2_001 })
    pass(2_001)
    await expect(budget.acquire('identity', { priority: 'live' })).resolves.toBeUndefined()
  })

  it('waits itself when the wait is short', async () => {
    const { budget, pass, slept } = startBudget()
    await takeAll(budget, 'identity', { priority: 'live' })
    pass(300_500)
    await budget.acquire('identity', { priority: 'live' })
    expect(slept.reduce((sum, ms) => sum + ms)).toBe(1_500)
  })

  it('F49: waits longer with a call that acts, since a returned call would need a look-up', async () => {
    const { budget, pass } = startBudget()
    await takeAll(budget, 'identity', { priority: 'live' })
    pass(301_000 - 10_000)
    await expect(budget.acquire('identity', { priority: 'live' })).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' })
    await expect(budget.acquire('identity', { priority: 'live', patience: 'long' })).resolves.toBeUndefined()
  })

  it('never exceeds the documented average in any five minutes', async () => {
    const { budget, pass, now } = startBudget()
    const grantedAt: number[] = []
    for (let step = 0; step < 4_000; step++) {
      pass((step * 7_919) % 1_700) // a clock that advances unevenly over about 57 min
      for (let burst = (step * 31) % 40; burst > 0; burst--) {
        await budget.acquire('identity', { priority: 'live' }).then(
          () => grantedAt.push(now()),
          () => {},
        )
      }
    }
    let first = 0
    let most = 0
    for (let last = 0; last < grantedAt.length; last++) {
      while (grantedAt[last]! - grantedAt[first]! >= 300_000) first++
      most = Math.max(most, last - first + 1)
    }
    expect(most).toBeGreaterThan(IDENTITY_ROOM * 0.95) // the test reached the limit
    expect(most).toBeLessThanOrEqual(IDENTITY_ROOM)
  })
})

describe('when replay and live traffic share the budget', () => {
  it('replay leaves a fifth of the budget to live traffic', async () => {
    const { budget } = startBudget()
    const replayed = await takeAll(budget, 'identity', { priority: 'replay' })
    expect(replayed).toBeLessThanOrEqual(IDENTITY_REPLAY_ROOM)
    expect(replayed).toBeGreaterThan(IDENTITY_REPLAY_ROOM - 5) // a few calls are reserved for live traffic
    expect(await takeAll(budget, 'identity', { priority: 'live' })).toBe(IDENTITY_ROOM - replayed)
  })

  it('replay waits while live traffic uses more than that', async () => {
    const { budget } = startBudget()
    await takeAll(budget, 'identity', { priority: 'live', most: IDENTITY_REPLAY_ROOM })
    await expect(budget.acquire('identity', { priority: 'replay' })).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' })
  })
})

describe('when Paxos has throttled the client', () => {
  it.each([
    [null, 300_000],
    [60_000, 60_000],
    [86_400_000, 900_000],
  ])('with Retry-After %j ms, every call waits for %i ms', async (retryAfterMs, lockedMs) => {
    const { budget, pass } = startBudget()
    budget.onThrottled(retryAfterMs)
    for (const endpointClass of ['token', 'identity', 'general'] as const) {
      await expect(budget.acquire(endpointClass, { priority: 'live' })).rejects.toMatchObject({
        code: 'BUDGET_EXHAUSTED',
        retryAfterMs: lockedMs,
      })
    }
    pass(lockedMs)
    await expect(budget.acquire('general', { priority: 'live' })).resolves.toBeUndefined()
  })

  it('a shorter Retry-After does not shorten a longer lock', async () => {
    const { budget } = startBudget()
    budget.onThrottled(60_000)
    budget.onThrottled(5_000)
    await expect(budget.acquire('general', { priority: 'live' })).rejects.toMatchObject({ retryAfterMs: 60_000 })
  })
})

describe('a budget without limits', () => {
  const off = NO_LIMITS
  it('grants every call without a wait', async () => {
    const { budget, slept } = startBudget(off)
    expect(await takeAll(budget, 'general', { priority: 'replay', most: 50_000 })).toBe(50_000)
    expect(slept).toEqual([])
  })

  it('still waits for the time that Paxos asks for', async () => {
    const { budget } = startBudget(off)
    budget.onThrottled(null)
    await expect(budget.acquire('general', { priority: 'live' })).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' })
  })
})

describe('the estimate', () => {
  it('is 0 while there is room', async () => {
    const { budget } = startBudget()
    expect(await budget.etaMs('identity', IDENTITY_REPLAY_ROOM)).toBe(0)
    expect(await budget.etaMs('identity', IDENTITY_ROOM, { priority: 'live' })).toBe(0)
  })

  it('follows the average rate for a large replay', async () => {
    const { budget } = startBudget()
    const perMs = IDENTITY_REPLAY_ROOM / 300_000
    expect(await budget.etaMs('identity', 100_000)).toBe(Math.ceil((100_000 - IDENTITY_REPLAY_ROOM) / perMs))
  })

  it('includes the wait after a burst', async () => {
    const { budget, pass } = startBudget()
    await takeAll(budget, 'identity', { priority: 'replay' })
    pass(100_000)
    expect(await budget.etaMs('identity', 1)).toBeGreaterThanOrEqual(200_000)
    expect(await budget.etaMs('identity', 1)).toBeLessThanOrEqual(202_000)
  })

  it('includes a lock-out', async () => {
    const { budget } = startBudget()
    budget.onThrottled(null)
    expect(await budget.etaMs('general', 1)).toBe(300_000)
  })
})

describe('a call that waits for room', () => {
  it('rejects when its signal aborts', async () => {
    const budget = createBudget({ limits: LIMITS })
    budget.onThrottled(1_900)
    const giveUp = new AbortController()
    const waiting = expect(budget.acquire('general', { priority: 'live', signal: giveUp.signal })).rejects.toThrow('we are closing')
    giveUp.abort(new Error('we are closing'))
    await waiting
  })
})

describe('the quota of unproven reads', () => {
  it('F50: is separate from calls: a lock-out does not close it, and it never uses the one probe', async () => {
    const { budget, pass } = startBudget()
    budget.onThrottled(1_000)
    await budget.acquire('unproven', { priority: 'live' })
    pass(1_001)
    await budget.acquire('unproven', { priority: 'live' })
    await budget.acquire('general', { priority: 'live' }) // the probe
  })
})
