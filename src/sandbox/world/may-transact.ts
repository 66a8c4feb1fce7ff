import { namedProblem, problem } from '../api/paxos-problem.ts'
import type { SandboxState } from '../sandbox-state.ts'
import type { Account } from './account-store.ts'
import type { Identity } from './identity.ts'

/** What a status permits besides holding (paxos/api.md 4.8). */
const MAY_BUY: readonly string[] = ['APPROVED']
const MAY_SELL: readonly string[] = ['APPROVED', 'DISABLED']

const DETAILS: Readonly<Record<string, string>> = {
  PENDING: 'Identity is being processed and cannot yet transact. Please try again later.', // documented
}

/**
 * Checks whether this identity may trade this side for this account. It must be the account's owner or member. Both ids are needed, or none
 * (paxos/api.md 8.1).
 * @throws 400 for one id without the other, 404 for an unknown one (assumed), 403 `identity-verification-required` for a status that does
 * not permit it, 403 for an identity that does not belong to the account (assumed)
 */
export function requireMayTransact(
  { identities, accounts }: Pick<SandboxState, 'identities' | 'accounts'>,
  {
    identityId,
    accountId,
    side,
    accountField,
  }: { identityId: string | null; accountId: string | null; side: 'BUY' | 'SELL'; accountField: string },
): void {
  if (identityId === null && accountId === null) return
  if (identityId === null || accountId === null) throw problem(400, `identity_id and ${accountField} must be set together`)
  const identity = identities.get(identityId)
  if (!identity) throw problem(404, `identity not found: ${identityId}`)
  const account = accounts.get(accountId)
  if (!account) throw problem(404, `account not found: ${accountId}`)
  if (!belongsTo(identity, account)) throw problem(403, `identity ${identityId} may not act for account ${accountId}`)
  if (account.userDisabled) throw problem(403, `account ${accountId} is disabled`)
  requireStatus(identity, side)
  const owner = identities.get(account.identityId)
  if (owner && owner !== identity) requireStatus(owner, side)
}

function requireStatus(identity: Identity, side: 'BUY' | 'SELL'): void {
  const { id, status } = identity
  if ((side === 'BUY' ? MAY_BUY : MAY_SELL).includes(status)) return
  const meta = { ref_path: `/v2/identity/identities/${id}`, identity_id: id, current_status: status }
  throw namedProblem('identity-verification-required', DETAILS[status] ?? `Identity is ${status} and cannot transact.`, meta)
}

function belongsTo(identity: Identity, account: Account): boolean {
  return account.identityId === identity.id || account.members.some((member) => member.identity_id === identity.id)
}
