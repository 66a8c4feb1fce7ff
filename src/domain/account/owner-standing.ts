import type { OnboardingState } from '../onboarding/onboarding.ts'

/**
 * What an owner permits the account, from the least to the most: nothing for now and a person must look (`stopped`), nothing until Paxos
 * decides (`waiting`), sales only (`sells`), everything (`trades`).
 */
export const STANDINGS = ['stopped', 'waiting', 'sells', 'trades'] as const
export type Standing = (typeof STANDINGS)[number]

/** By the owner's status at Paxos (paxos/api.md 4.8). A status that Paxos adds later permits nothing. */
const BY_STATUS: Readonly<Record<string, Standing>> = {
  APPROVED: 'trades',
  DISABLED: 'sells',
  PENDING: 'waiting',
  DENIED: 'stopped',
  ERROR: 'stopped',
}

const BY_STATE: Readonly<Record<OnboardingState, Standing>> = {
  ready: 'trades',
  disabled: 'sells',
  pending: 'waiting',
  documents_required: 'waiting',
  approved: 'waiting',
  denied: 'stopped',
  frozen: 'stopped',
  held: 'stopped',
  erased: 'stopped',
}

export function standingOfStatus(status: string): Standing {
  return BY_STATUS[status] ?? 'stopped'
}

/** By the owner's onboarding as recorded. Null: no onboarding is recorded. */
export function standingOfState(state: OnboardingState | null): Standing {
  return state === null ? 'stopped' : BY_STATE[state]
}

/**
 * The standing of an account with these owners: that of the owner who permits least. So the order in which the decisions arrived does not
 * matter. An account may be opened when it `trades`. Without an owner it is stopped.
 */
export function jointStanding(owners: readonly Standing[]): Standing {
  const least = Math.min(...owners.map((standing) => STANDINGS.indexOf(standing)))
  return STANDINGS[least] ?? 'stopped'
}
