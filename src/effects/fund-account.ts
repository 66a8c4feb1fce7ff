import { Amount } from '../domain/money.ts'
import { type DepositSnapshot, FUND_ACCOUNT, isFunded } from '../domain/transfer/deposit.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosRefusedError, PaxosRejectedError } from '../paxos/paxos-errors.ts'
import { AppError } from '../platform/app-error.ts'
import type { EffectKind, EffectTask } from './effect-kind.ts'

/**
 * The balance differs from what is on record by something else than this deposit: another movement is not on record yet, or never was. Looked at
 * again; a person must look when it stays.
 */
export class DepositUnclearError extends AppError {
  readonly code = 'DEPOSIT_UNCLEAR'
  readonly retry = 'backoff'
  constructor({ depositId, asset, drift }: { depositId: string; asset: string; drift: Amount }) {
    super(`deposit ${depositId}: the ${asset} balance at Paxos differs from the ledger by ${drift}, which is neither zero nor the deposit`)
  }
}

/** Attempts of an event that find the balance unclear before a person is asked. */
const UNCLEAR_ATTEMPTS = 6

/**
 * Credits an account of the Sandbox. Paxos takes no ref_id for that, so whether a lost answer was acted on is told by the balance: it is the sum
 * of all flows on record, with this deposit or without it.
 */
export function fundAccountEffect(
  paxos: PaxosClient,
  { balanceOnRecord }: { balanceOnRecord: (accountId: string, asset: string) => Promise<Amount> },
): EffectKind<DepositSnapshot> {
  const drift = async ({ snapshot: { deposit }, priority }: EffectTask<DepositSnapshot>): Promise<Amount> => {
    const { profileId, accountId, asset } = deposit
    const [balances, onRecord] = await Promise.all([paxos.balances.list(profileId, { priority }), balanceOnRecord(accountId, asset)])
    const held = balances.find((balance) => balance.asset === asset)
    return (held ? held.available.plus(held.trading) : Amount.zero).minus(onRecord)
  }
  return {
    kind: FUND_ACCOUNT,
    asksPaxos: true,
    perform: async ({ snapshot: { deposit }, priority }) => {
      const { profileId, asset, amount } = deposit
      try {
        return {
          kind: 'account-funded',
          activityId: await paxos.deposits.fundSandbox(profileId, { asset, amount }, { priority }),
          how: 'answered',
        }
      } catch (error) {
        if (error instanceof PaxosRefusedError) return { kind: 'deposit-refused', reason: error.problem }
        if (error instanceof PaxosRejectedError) return { kind: 'deposit-refused', reason: 'rejected-by-paxos' }
        throw error
      }
    },
    find: async (task) => {
      const { deposit } = task.snapshot
      const difference = await drift(task)
      if (difference.isZero()) return null
      if (difference.equals(Amount.of(deposit.amount))) return { kind: 'account-funded', activityId: null, how: 'found' }
      throw new DepositUnclearError({ ...deposit, drift: difference })
    },
    same: (known, late) =>
      isFunded(known) && isFunded(late) && (known.activityId ?? late.activityId) === (late.activityId ?? known.activityId),
    holdFor: (error, attempts) => (error instanceof DepositUnclearError && attempts + 1 >= UNCLEAR_ATTEMPTS ? 'balance-unclear' : null),
    estimate: async (task) => ({
      verdict: 'would-fund-account',
      detail: `the balance differs from the ledger by ${await drift(task)}`,
      effects: [{ act: 'fund', key: task.effect.key }],
      receipt: { kind: 'account-funded', activityId: null, how: 'answered' },
    }),
  }
}
