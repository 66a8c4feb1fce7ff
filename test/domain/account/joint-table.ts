import { jointStanding, type Standing, standingOfStatus } from '../../../src/domain/account/owner-standing.ts'
import { IDENTITY_STATUSES } from '../../../src/domain/onboarding/onboarding.ts'

/** Every status that Paxos can give an owner. PENDING is also the status before any decision. */
export const DECISIONS = IDENTITY_STATUSES
type Owner = 'first' | 'second'

export interface JointRow {
  first: string
  second: string
  /** After the first owner's decision, while the second has none. */
  firstAlone: Standing
  secondAlone: Standing
  firstThenSecond: Standing
  secondThenFirst: Standing
}

/** The standing after these decisions have arrived one after the other. */
export function standingAfter(arrivals: readonly (readonly [Owner, string])[]): Standing {
  const statuses: Record<Owner, string> = { first: 'PENDING', second: 'PENDING' }
  let standing = jointStanding([standingOfStatus('PENDING'), standingOfStatus('PENDING')])
  for (const [owner, status] of arrivals) {
    statuses[owner] = status
    standing = jointStanding([standingOfStatus(statuses.first), standingOfStatus(statuses.second)])
  }
  return standing
}

/** The truth table: all pairs of decisions in both orders of arrival. */
export function jointTable(): JointRow[] {
  return DECISIONS.flatMap((first) =>
    DECISIONS.map((second) => ({
      ...{ first, second, firstAlone: standingAfter([['first', first]]), secondAlone: standingAfter([['second', second]]) },
      firstThenSecond: standingAfter([
        ['first', first],
        ['second', second],
      ]),
      secondThenFirst: standingAfter([
        ['second', second],
        ['first', first],
      ]),
    })),
  )
}

/** The truth table as docs/paxos.md prints it. */
export function printJointTable(): string {
  const rows = jointTable().map(({ first, second, firstAlone, secondAlone, firstThenSecond, secondThenFirst }) => {
    const opens = firstThenSecond === 'trades' ? 'yes' : 'no'
    const cells = [first, second, firstAlone, secondAlone, firstThenSecond, secondThenFirst].map((cell) => `\`${cell}\``)
    return `| ${[...cells, opens].join(' | ')} |`
  })
  return [
    '| First owner | Second owner | Only the first has decided | Only the second has decided | First, then second | Second, then first | May be opened |',
    '|---|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}
