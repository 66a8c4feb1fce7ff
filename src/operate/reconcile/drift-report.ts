/** How the record here and Paxos differ, in the order of the report. */
export const DRIFT_CLASSES = [
  'identity-missing-here',
  'identity-missing-at-paxos',
  'account-missing-here',
  'account-missing-at-paxos',
  'account-differs',
  'account-twice',
  'balance-differs',
  'order-missing-here',
  'order-missing-at-paxos',
  'order-differs',
] as const
export type DriftClass = (typeof DRIFT_CLASSES)[number]

/** What heals each class. `replay`: an approved replay. `poll`: the poll of orders, by itself. `person`: nothing by itself. */
export const HEALED_BY: Readonly<Record<DriftClass, 'replay' | 'poll' | 'person'>> = {
  'identity-missing-here': 'replay',
  'identity-missing-at-paxos': 'person',
  'account-missing-here': 'replay',
  'account-missing-at-paxos': 'person',
  'account-differs': 'person',
  'account-twice': 'person',
  'balance-differs': 'person',
  'order-missing-here': 'person',
  'order-missing-at-paxos': 'person',
  'order-differs': 'poll',
}

export interface Difference {
  readonly class: DriftClass
  /** The customer, the account or the order. */
  readonly subject: string
  readonly problem: string
  readonly healedBy: 'replay' | 'poll' | 'person'
  readonly page: string
}

export const DRIFT_PARTS = ['identities', 'accounts', 'balances', 'orders'] as const
export type DriftPartName = (typeof DRIFT_PARTS)[number]

/** One part of the comparison. */
export interface DriftPart {
  readonly name: DriftPartName
  /** Items of both sides together. */
  readonly checked: number
  readonly differences: readonly Difference[]
  /** Why the part is missing or partial; null: it is complete. */
  readonly incomplete: string | null
}

export function differenceOf(kind: DriftClass, subject: string, problem: string): Difference {
  return { class: kind, subject, problem, healedBy: HEALED_BY[kind], page: `/find?q=${encodeURIComponent(subject)}` }
}
