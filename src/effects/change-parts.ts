import type { Receipt } from '../domain/effect.ts'
import type { ChangePayload, IdentityChange } from '../domain/identity-change/identity-change.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosConflictError, PaxosNotFoundError, PaxosRefusedError, PaxosRejectedError } from '../paxos/paxos-errors.ts'
import { AppError } from '../platform/app-error.ts'
import type { Vault } from '../vault/vault.ts'

/** An older change of the same identity has no answer yet. Sent before it, this one could be overwritten by the older one's next try. */
export class ChangeWaitsError extends AppError {
  readonly code = 'CHANGE_WAITS'
  readonly retry = 'snooze'
  /** Milliseconds. */
  readonly retryAfterMs = 1_000
  constructor(changeId: string) {
    super(`change ${changeId} waits: an older change of the same identity has no answer yet`)
  }
}

export interface ChangeEffectParts {
  paxos: PaxosClient
  vault: Vault
  /** Whether an older change of the same identity has no answer yet. */
  waitsForOlder: (change: IdentityChange) => Promise<boolean>
  /** Reads the identity again soon, so that the onboarding follows without waiting for Paxos's event. */
  readAgain: (identityId: string) => Promise<void>
}

/** Changes of one identity run one after the other. @throws ChangeWaitsError */
export async function requireTurn({ waitsForOlder }: Pick<ChangeEffectParts, 'waitsForOlder'>, change: IdentityChange): Promise<void> {
  if (await waitsForOlder(change)) throw new ChangeWaitsError(change.changeId)
}

/** Null: it was removed, or never sealed because the process died before. */
export async function openPayload(vault: Vault, changeId: string): Promise<ChangePayload | null> {
  return (await vault.open(changeId)) as ChangePayload | null // only changeIdentity seals under such an id
}

export const madeChange = (controlId: string | null): Receipt => ({ kind: 'change-made', controlId, how: 'sent' })
export const foundChange = (controlId: string | null): Receipt => ({ kind: 'change-made', controlId, how: 'found' })
export const refusedChange = (reason: string): Receipt => ({ kind: 'change-refused', reason })

/** A refusal by Paxos is an answer. Rethrows any other failure. */
export function refusalOf(error: unknown): Receipt {
  if (error instanceof PaxosRefusedError) return refusedChange(error.problem)
  if (error instanceof PaxosRejectedError) return refusedChange('rejected-by-paxos')
  if (error instanceof PaxosConflictError) return refusedChange('duplicate-person')
  if (error instanceof PaxosNotFoundError) return refusedChange('unknown-to-paxos')
  throw error
}
