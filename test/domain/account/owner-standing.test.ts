import { describe, expect, it } from 'vitest'
import { jointStanding, STANDINGS, standingOfState, standingOfStatus } from '../../../src/domain/account/owner-standing.ts'
import { ONBOARDING_STATES } from '../../../src/domain/onboarding/onboarding.ts'
import { DECISIONS, jointTable, standingAfter } from './joint-table.ts'

/** Every way to mix two lists, each in its own order. */
function interleavings<T>(one: readonly T[], other: readonly T[]): T[][] {
  const [first, ...rest] = one
  const [second, ...others] = other
  if (first === undefined) return [[...other]]
  if (second === undefined) return [[...one]]
  return [...interleavings(rest, other).map((mixed) => [first, ...mixed]), ...interleavings(one, others).map((mixed) => [second, ...mixed])]
}

describe('A44: the standing of a joint account', () => {
  it('is the same for every pair of decisions in both orders of arrival', () => {
    for (const { first, second, firstThenSecond, secondThenFirst } of jointTable())
      expect([first, second, firstThenSecond]).toEqual([first, second, secondThenFirst])
  })

  it('lets the account be opened only when both owners are approved', () => {
    const opening = jointTable().filter(({ firstThenSecond }) => firstThenSecond === 'trades')
    expect(opening.map(({ first, second }) => [first, second])).toEqual([['APPROVED', 'APPROVED']])
  })

  it('never trades after one decision alone', () => {
    expect(jointTable().flatMap(({ firstAlone, secondAlone }) => [firstAlone, secondAlone])).not.toContain('trades')
  })

  it('follows the last decision of each owner, for two decisions of each in all orders of arrival', () => {
    let histories = 0
    for (const a of DECISIONS)
      for (const b of DECISIONS)
        for (const c of DECISIONS)
          for (const d of DECISIONS)
            for (const arrivals of interleavings(
              [['first', a] as const, ['first', b] as const],
              [['second', c] as const, ['second', d] as const],
            )) {
              histories += 1
              expect(standingAfter(arrivals)).toBe(jointStanding([standingOfStatus(b), standingOfStatus(d)]))
            }
    expect(histories).toBe(DECISIONS.length ** 4 * 6)
  })

  it('is that of the owner who permits least, for any number of owners in any order', () => {
    for (const one of STANDINGS)
      for (const two of STANDINGS)
        for (const three of STANDINGS) {
          const least = STANDINGS[Math.min(...[one, two, three].map((each) => STANDINGS.indexOf(each)))]
          expect([jointStanding([one, two, three]), jointStanding([three, one, two]), jointStanding([two, three, one])]).toEqual([
            least,
            least,
            least,
          ])
        }
  })

  it('is stopped without an owner, for an unknown status and for an owner without an onboarding', () => {
    expect([jointStanding([]), standingOfStatus('NEW_AT_PAXOS'), standingOfState(null)]).toEqual(['stopped', 'stopped', 'stopped'])
  })

  it('trades by onboardings only when each owner is ready', () => {
    const trading = ONBOARDING_STATES.flatMap((one) => ONBOARDING_STATES.map((other) => [one, other] as const)).filter(
      (pair) => jointStanding(pair.map(standingOfState)) === 'trades',
    )
    expect(trading).toEqual([['ready', 'ready']])
  })
})
