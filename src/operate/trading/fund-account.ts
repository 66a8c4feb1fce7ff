import type { Actor } from '../../domain/actor.ts'
import { Amount } from '../../domain/money.ts'
import { type Deposit, type DepositSnapshot, openDeposit } from '../../domain/transfer/deposit.ts'
import { IdempotencyKeyReusedError } from '../../inbox/commands.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { AccountRecord } from '../../ledger/read-accounts.ts'
import { type Answered, awaitAnswer } from './await-answer.ts'
import { type CommandParts, giveCommand } from './give-command.ts'
import { idOfKey } from './id-of-key.ts'

export interface FundRequest {
  readonly accountId: string
  readonly idempotencyKey: string
  readonly asset: string
  /** A decimal string. */
  readonly amount: string
}

export interface FundParts extends CommandParts {
  ledger: Ledger<DepositSnapshot>
  account: (accountId: string) => Promise<AccountRecord>
  find: (depositId: string) => Promise<Deposit | null>
  /** Resolves once Paxos has answered, or after 5 s. */
  answered: Answered
  /** Milliseconds since 1970. */
  now: () => number
}

/** Funds an account in the Sandbox: commits the deposit, stores the command, waits up to 5 s for the answer. Safe to repeat with the same key. */
export async function fundAccount(parts: FundParts, asked: FundRequest, actor: Actor): Promise<{ deposit: Deposit; created: boolean }> {
  const { accountId, idempotencyKey, asset, amount } = asked
  const depositId = idOfKey('deposit', idempotencyKey)
  const known = await parts.find(depositId)
  if (known) {
    refuseOther(known, asked)
    return { deposit: known, created: false }
  }
  const { identityId, profileId } = await parts.account(accountId)
  const at = new Date(parts.now())
  const place = { depositId, accountId, identityId, profileId, asset, amount }
  const deposit: Deposit = { ...place, state: 'submitting', reason: null, activityId: null, requestedAt: at.getTime() }
  const committed = await parts.ledger.commit({ before: null, draft: openDeposit(deposit), actor: `${actor.kind}:${actor.name}`, at })
  if (!committed) return fundAccount(parts, asked, actor) // another request with the same key was faster
  await giveCommand(parts, { kind: 'fund-account', streamId: depositId, identityId }, { ...asked, actor })
  return { deposit: await awaitAnswer(depositId, parts), created: true }
}

/** The same key with any field changed is an error that names the fields (A7). */
function refuseOther(known: Deposit, asked: FundRequest): void {
  const fields: string[] = (['accountId', 'asset'] as const).filter((field) => known[field] !== asked[field])
  if (!Amount.of(known.amount).equals(Amount.of(asked.amount))) fields.push('amount')
  if (fields.length > 0) throw new IdempotencyKeyReusedError(fields)
}
