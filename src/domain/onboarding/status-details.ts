/**
 * One thing that keeps Paxos from approving an identity, or that it will ask for (paxos/api.md 4.7). Codes only: Paxos's descriptions may name
 * a person. Each field is an open set.
 */
export interface Requirement {
  /** `ID_VERIFICATION`, `ENHANCED_DUE_DILIGENCE`, `KYC_REFRESH`. */
  readonly type: string
  /** `PENDING` or `FAILED`. */
  readonly status: string
  /** Sorted: `EDD_DOCUMENTATION_REQUIRED`, `SCREENING_IN_PROGRESS`. */
  readonly codes: readonly string[]
  /** Who must act: `CLIENT` or `PAXOS`; null where Paxos does not say, as for the members of an institution. */
  readonly awaiting: string | null
}

/** A restriction of an identity. */
export interface ActiveControl {
  readonly id: string | null
  /** `SELL_ONLY`, `CLOSED`, `FROZEN`, `DORMANT`. */
  readonly type: string
  /** `CLIENT` or `PAXOS`: Paxos deletes no control of its own for us. */
  readonly setBy: string | null
  readonly reasonCode: string | null
}

/** Why an identity has its status, as Paxos tells it in codes. */
export interface StatusDetails {
  readonly requirements: readonly Requirement[]
  readonly controls: readonly ActiveControl[]
}

/** Null where nothing is outstanding, so that an identity without a complaint costs no byte. */
export function statusDetails({ requirements, controls }: StatusDetails): StatusDetails | null {
  if (requirements.length === 0 && controls.length === 0) return null
  return { requirements: requirements.toSorted(byText(sayRequirement)), controls: controls.toSorted(byText(sayControl)) }
}

/** Whether both say the same; the order of their fields and of their items says nothing. */
export function sameDetails(one: StatusDetails | null, other: StatusDetails | null): boolean {
  return texts(one).join('\n') === texts(other).join('\n')
}

/** `ENHANCED_DUE_DILIGENCE PENDING CLIENT EDD_DOCUMENTATION_REQUIRED`: what the ledger keeps of a requirement. */
export function sayRequirement({ type, status, awaiting, codes }: Requirement): string {
  return [type, status, awaiting ?? '-', ...codes].join(' ')
}

/** `DORMANT CLIENT INACTIVITY`. */
export function sayControl({ type, setBy, reasonCode }: ActiveControl): string {
  return [type, setBy ?? '-', reasonCode ?? '-'].join(' ')
}

function texts(details: StatusDetails | null): string[] {
  if (details === null) return []
  const controls = details.controls.map((control) => `${sayControl(control)} ${control.id ?? ''}`)
  return [...details.requirements.map(sayRequirement), ...controls].sort()
}

function byText<Item>(say: (item: Item) => string): (one: Item, other: Item) => number {
  return (one, other) => (say(one) < say(other) ? -1 : 1)
}
