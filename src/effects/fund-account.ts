import { attemptedAtMs } from '../domain/effect.ts'
import { Amount } from '../domain/money.ts'
import { type Deposit, type DepositSnapshot, FUND_ACCOUNT, isFunded } from '../domain/transfer/deposit.ts'
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

/** The answer to this deposit, or to an older one of the same account and asset, is still awaited, so that the balance tells nothing yet. */
export class DepositOutcomeOpenError extends AppError {
  readonly code = 'DEPOSIT_OUTCOME_OPEN'
  readonly retry = 'snooze'
  readonly retryAfterMs: number
  constructor(depositId: string, because: string, retryAfterMs: number) {
    super(`deposit ${depositId}: ${because}`)
    this.retryAfterMs = retryAfterMs
  }
}

/** How long after an attempt whose answer was lost the deposit's absence from the balance is trusted, milliseconds. */
const ABSENCE_TRUSTED_AFTER_MS = 10_000
/** How often a deposit looks whether the one before it has ended, milliseconds. */
const LOOK_AGAIN_MS = 1_000

/** Attempts of an event that find the balance unclear before a person is asked. */
const UNCLEAR_ATTEMPTS = 6

export interface FundEffectParts {
  /** The sum of all flows on record of one asset in one account. */
  balanceOnRecord: (accountId: string, asset: string) => Promise<Amount>
  /** Whether an older deposit of the same account and asset has no answer yet. */
  waitsForOlder: (deposit: Deposit) => Promise<boolean>
  /** Milliseconds since 1970. */
  now: () => number
  /** Of a test; 10 s otherwise. */
  absenceTrustedAfterMs?: number | undefined
}

/**
 * Credits an account of the Sandbox. Paxos takes no ref_id for that, so whether a lost answer was acted on is told by the balance: it is the sum
 * of all flows on record, with this deposit or without it. So that the balance speaks of one deposit alone, those of one account and asset go one
 * after the other. Paxos may act on a call after we gave it up, so a deposit that the balance lacks is sent again only when 10 s have passed.
 */
export function fundAccountEffect(paxos: PaxosClient, parts: FundEffectParts): EffectKind<DepositSnapshot> {
  const { balanceOnRecord, waitsForOlder, now, absenceTrustedAfterMs = ABSENCE_TRUSTED_AFTER_MS } = parts
  const drift = async ({ snapshot: { deposit }, priority }: EffectTask<DepositSnapshot>): Promise<Amount> => {
    const { profileId, accountId, asset } = deposit
    const [balances, onRecord] = await Promise.all([paxos.balances.list(profileId, { priority }), balanceOnRecord(accountId, asset)])
    const held = balances.find((balance) => balance.asset === asset)
    return (held ? held.available.plus(held.trading) : Amount.zero).minus(onRecord)
  }
  const requireTurn = async ({ snapshot: { deposit } }: EffectTask<DepositSnapshot>): Promise<void> => {
    if (await waitsForOlder(deposit))
      throw new DepositOutcomeOpenError(
        deposit.depositId,
        'an older deposit of the same account and asset has no answer yet',
        LOOK_AGAIN_MS,
      )
  }
  return {
    kind: FUND_ACCOUNT,
    asksPaxos: true,
    room: (priority) => paxos.room('deposits.fund-sandbox', { priority }),
    perform: async (task) => {
      const { snapshot, priority } = task
      const { profileId, asset, amount } = snapshot.deposit
      await requireTurn(task)
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
      await requireTurn(task)
      const difference = await drift(task)
      if (difference.isZero()) {
        // The lease begins with the attempt before this one, which may have been a look as well: the whole wait follows the last of them.
        if (now() - (attemptedAtMs(task.effect) ?? 0) >= absenceTrustedAfterMs) return null
        throw new DepositOutcomeOpenError(deposit.depositId, 'its answer was lost, and Paxos may still act on it', absenceTrustedAfterMs)
      }
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
