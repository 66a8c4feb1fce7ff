/**
 * One reason why Paxos does not approve an identity, or one request to come (paxos/api.md 4.7). Codes only: Paxos's descriptions may name a
 * person. Each field is an open set.
 */
export interface Requirement {
  /** `ID_VERIFICATION`, `ENHANCED_DUE_DILIGENCE`, `KYC_REFRESH`. */
  readonly type: string
  /** `PENDING` or `FAILED`. */
  readonly status: string
  /** For example `EDD_DOCUMENTATION_REQUIRED`, `SCREENING_IN_PROGRESS`; sorted. */
  readonly codes: readonly string[]
  /** Who must act: `CLIENT` or `PAXOS`. Null when Paxos does not say, as for the members of an institution. */
  readonly awaiting: string | null
}

/** A restriction of an identity. */
export interface ActiveControl {
  readonly id: string | null
  /** `SELL_ONLY`, `CLOSED`, `FROZEN`, `DORMANT`. */
  readonly type: string
  /** `CLIENT` or `PAXOS`. A client cannot delete Paxos's controls. */
  readonly setBy: string | null
  readonly reasonCode: string | null
}

/** The reasons for an identity's status, in Paxos's codes. */
export interface StatusDetails {
  readonly requirements: readonly Requirement[]
  readonly controls: readonly ActiveControl[]
}

/** Null when nothing is outstanding, so that such an identity takes no space. */
export function statusDetails({ requirements, controls }: StatusDetails): StatusDetails | null {
  if (requirements.length === 0 && controls.length === 0) return null
  return { requirements: requirements.toSorted(byText(sayRequirement)), controls: controls.toSorted(byText(sayControl)) }
}

/** Whether both are equal, in any order of fields and items. */
export function sameDetails(one: StatusDetails | null, other: StatusDetails | null): boolean {
  return texts(one).join('\n') === texts(other).join('\n')
}

/** The text of a requirement in the ledger: `ENHANCED_DUE_DILIGENCE PENDING CLIENT EDD_DOCUMENTATION_REQUIRED`. */
export function sayRequirement({ type, status, awaiting, codes }: Requirement): string {
  return [type, status, awaiting ?? '-', ...codes].join(' ')
}

/** The text of a control in the ledger: `DORMANT CLIENT INACTIVITY`. */
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
