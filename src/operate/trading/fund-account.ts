import type { Actor } from '../../domain/actor.ts'
import { Amount } from '../../domain/money.ts'
import { type Deposit, type DepositSnapshot, openDeposit } from '../../domain/transfer/deposit.ts'
import type { AccountRecord } from '../../ledger/read-accounts.ts'
import { idOfKey } from '../request/id-of-key.ts'
import { type OnceParts, requestOnce } from '../request/request-once.ts'

export interface FundRequest {
  readonly accountId: string
  readonly idempotencyKey: string
  readonly asset: string
  /** A decimal string. */
  readonly amount: string
}

export interface FundParts extends OnceParts<DepositSnapshot, Deposit> {
  account: (accountId: string) => Promise<AccountRecord>
}

/** Funds an account in the Sandbox: commits the deposit, stores the command, waits up to 5 s for the answer. Safe to repeat with the same key. */
export async function fundAccount(parts: FundParts, asked: FundRequest, actor: Actor): Promise<{ deposit: Deposit; created: boolean }> {
  const { accountId, idempotencyKey, asset, amount } = asked
  const depositId = idOfKey('deposit', idempotencyKey)
  const { found, created } = await requestOnce(parts, {
    ...{ id: depositId, idempotencyKey, actor },
    differing: (known) => differing(known, asked),
    admit: () => parts.account(accountId),
    open: ({ identityId, profileId }, at) => {
      const place = { depositId, accountId, identityId, profileId, asset, amount }
      const draft = openDeposit({ ...place, state: 'submitting', reason: null, activityId: null, requestedAt: at.getTime() })
      return { draft, identityId, kind: 'fund-account', input: asked }
    },
  })
  return { deposit: found, created }
}

function differing(known: Deposit, asked: FundRequest): string[] {
  const fields: string[] = (['accountId', 'asset'] as const).filter((field) => known[field] !== asked[field])
  return Amount.of(known.amount).equals(Amount.of(asked.amount)) ? fields : [...fields, 'amount']
}
