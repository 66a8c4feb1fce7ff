import { describe, expect, it } from 'vitest'
import { type Breaker, type CallVerdict, createBreaker } from '../../../src/paxos/transport/breaker.ts'

class Failure extends Error {
  readonly tells: CallVerdict
  constructor(tells: CallVerdict) {
    super(tells)
    this.tells = tells
  }
}

function startBreaker(random = 0) {
  let nowMs = 50_000
  const changes: (number | null)[] = []
  const breaker = createBreaker({
    name: 'api',
    verdict: (error) => (error instanceof Failure ? error.tells : 'unasked'),
    onChange: (openForMs) => changes.push(openForMs),
    now: () => nowMs,
    random: () => random,
  })
  return {
    breaker,
    changes,
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

const OPEN = { code: 'PAXOS_CIRCUIT_OPEN', retry: 'snooze' }
const answer = (breaker: Breaker): Promise<string> => breaker.run(async () => 'answer')
const fail = (breaker: Breaker, tells: CallVerdict = 'out'): Promise<string> =>
  breaker
    .run<string>(() => Promise.reject(new Failure(tells)))
    .catch((error: { code?: string; message: string }) => error.code ?? error.message)
const failTimes = async (breaker: Breaker, times: number): Promise<void> => {
  for (let failures = 0; failures < times; failures++) await fail(breaker)
}

/** A call that ends when the test says so. */
function pending(breaker: Breaker) {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const ended = breaker.run(() => promise).catch((error: Error) => error.message)
  return {
    answer: () => {
      resolve('answer')
      return ended
    },
    fail: (tells: CallVerdict = 'out') => {
      reject(new Failure(tells))
      return ended
    },
  }
}

describe('the breaker', () => {
  it('opens after ten failures in a row', async () => {
    const { breaker } = startBreaker()
    await failTimes(breaker, 9)
    expect(await answer(breaker)).toBe('answer')
    await failTimes(breaker, 9)
    expect(await fail(breaker)).toBe('out')
    await expect(answer(breaker)).rejects.toMatchObject({ ...OPEN, retryAfterMs: 1_000 })
  })

  it('opens when more than half of at least twenty calls in ten seconds fail', async () => {
    const { breaker } = startBreaker()
    for (let calls = 0; calls < 9; calls++) {
      await fail(breaker)
      await answer(breaker)
    }
    await fail(breaker)
    await answer(breaker)
    expect(await answer(breaker)).toBe('answer') // 10 of 21 are not more than half
    await fail(breaker)
    expect(await fail(breaker)).toBe('out') // 12 of 23 are more than half
    await expect(answer(breaker)).rejects.toMatchObject(OPEN)
  })

  it('forgets calls that are older than ten seconds', async () => {
    const { breaker, pass } = startBreaker()
    for (let calls = 0; calls < 9; calls++) {
      await fail(breaker)
      await fail(breaker, 'answered')
    }
    await fail(breaker)
    pass(11_000)
    await answer(breaker)
    await fail(breaker)
    await fail(breaker)
    expect(await answer(breaker)).toBe('answer')
  })

  it.each(['answered', 'unasked'] as const)('never opens for a failure of kind «%s»', async (tells) => {
    const { breaker } = startBreaker()
    for (let calls = 0; calls < 100; calls++) await fail(breaker, tells)
    expect(await answer(breaker)).toBe('answer')
  })

  it('is not kept closed by failures that say nothing about Paxos', async () => {
    const { breaker } = startBreaker()
    for (let calls = 0; calls < 10; calls++) {
      await fail(breaker, 'unasked')
      await fail(breaker)
    }
    await expect(answer(breaker)).rejects.toMatchObject(OPEN)
  })
})

describe('when the breaker is open', () => {
  it('calls fail at once and say how long it stays open', async () => {
    const { breaker, pass } = startBreaker()
    await failTimes(breaker, 10)
    pass(400)
    let called = false
    const call = breaker.run(async () => {
      called = true
    })
    await expect(call).rejects.toMatchObject({ ...OPEN, retryAfterMs: 600 })
    expect(called).toBe(false)
  })

  it('it admits one probe after the wait, and closes when Paxos answers it', async () => {
    const { breaker, pass, changes } = startBreaker()
    await failTimes(breaker, 10)
    pass(1_000)
    const probe = pending(breaker)
    await expect(answer(breaker)).rejects.toMatchObject({ ...OPEN, retryAfterMs: 1_000 })
    await probe.answer()
    expect(await answer(breaker)).toBe('answer')
    expect(changes).toEqual([1_000, null])
  })

  it('it counts a refusal as an answer', async () => {
    const { breaker, pass } = startBreaker()
    await failTimes(breaker, 10)
    pass(1_000)
    await fail(breaker, 'answered')
    expect(await answer(breaker)).toBe('answer')
  })

  it('it doubles the wait after each failed probe, up to a minute', async () => {
    const { breaker, pass, changes } = startBreaker()
    await failTimes(breaker, 10)
    for (let probes = 0; probes < 8; probes++) {
      pass(changes.at(-1) ?? 0)
      expect(await fail(breaker)).toBe('out')
    }
    expect(changes).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000])
  })

  it('it starts with a short wait again once it has closed', async () => {
    const { breaker, pass, changes } = startBreaker()
    await failTimes(breaker, 10)
    pass(1_000)
    await fail(breaker)
    pass(2_000)
    await answer(breaker)
    await failTimes(breaker, 10)
    expect(changes).toEqual([1_000, 2_000, null, 1_000])
  })

  it('it starts a new count once it has closed', async () => {
    const { breaker, pass } = startBreaker()
    await failTimes(breaker, 10)
    pass(1_000)
    await answer(breaker)
    for (let calls = 0; calls < 5; calls++) {
      await fail(breaker)
      await answer(breaker)
    }
    await failTimes(breaker, 4)
    expect(await answer(breaker)).toBe('answer')
  })

  it('it admits another probe when the first was never sent', async () => {
    const { breaker, pass } = startBreaker()
    await failTimes(breaker, 10)
    pass(1_000)
    expect(await fail(breaker, 'unasked')).toBe('unasked')
    expect(await answer(breaker)).toBe('answer')
  })

  it('it shortens the wait by a random share, so that workers do not return together', async () => {
    const { breaker, changes } = startBreaker(0.5)
    await failTimes(breaker, 10)
    expect(changes).toEqual([750])
  })
})

describe('when calls from before a change end after it', () => {
  it('they neither close the breaker nor lengthen its wait', async () => {
    const { breaker, pass, changes } = startBreaker()
    const early = [pending(breaker), pending(breaker)] as const
    await failTimes(breaker, 10)
    await early[0].answer()
    await early[1].fail()
    await expect(answer(breaker)).rejects.toMatchObject(OPEN)
    pass(1_000)
    await answer(breaker)
    expect(changes).toEqual([1_000, null])
  })
})
