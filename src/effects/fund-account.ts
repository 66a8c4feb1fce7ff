import { attemptedAtMs } from '../domain/effect.ts'
import { Amount } from '../domain/money.ts'
import { type Deposit, type DepositSnapshot, FUND_ACCOUNT, isFunded } from '../domain/transfer/deposit.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosRefusedError, PaxosRejectedError } from '../paxos/paxos-errors.ts'
import { AppError } from '../platform/app-error.ts'
import type { EffectKind, EffectTask } from './effect-kind.ts'

/**
 * The balance differs from the record by something other than this deposit: another movement is not recorded yet, or never was. It is read
 * again. If the difference stays, a person must look.
 */
export class DepositUnclearError extends AppError {
  readonly code = 'DEPOSIT_UNCLEAR'
  readonly retry = 'backoff'
  constructor({ depositId, asset, drift }: { depositId: string; asset: string; drift: Amount }) {
    super(`deposit ${depositId}: the ${asset} balance at Paxos differs from the ledger by ${drift}, which is neither zero nor the deposit`)
  }
}

/** The answer to this deposit, or to an older one of the same account and asset, is still open, so the balance tells nothing yet. */
export class DepositOutcomeOpenError extends AppError {
  readonly code = 'DEPOSIT_OUTCOME_OPEN'
  readonly retry = 'snooze'
  readonly retryAfterMs: number
  constructor(depositId: string, because: string, retryAfterMs: number) {
    super(`deposit ${depositId}: ${because}`)
    this.retryAfterMs = retryAfterMs
  }
}

/** Time after an attempt with a lost answer from which the deposit's absence from the balance counts, milliseconds. */
const ABSENCE_TRUSTED_AFTER_MS = 10_000
/** Pause between two checks whether the earlier deposit has ended, milliseconds. */
const CHECK_AGAIN_MS = 1_000

/** Attempts with an unclear balance before the deposit is held. */
const UNCLEAR_ATTEMPTS = 6

export interface FundEffectParts {
  /** The sum of all recorded flows of one asset in one account. */
  balanceOnRecord: (accountId: string, asset: string) => Promise<Amount>
  /** Whether an older deposit of the same account and asset has no answer yet. */
  waitsForOlder: (deposit: Deposit) => Promise<boolean>
  /** Milliseconds since 1970. */
  now: () => number
  /** Set by tests; 10,000 ms by default. */
  absenceTrustedAfterMs?: number | undefined
}

/**
 * Credits an account of the Sandbox. Paxos takes no ref_id for that, so after a lost answer the balance tells whether Paxos acted: it is
 * the sum of all recorded flows, with or without this deposit. Deposits of one account and asset run one after the other, so that the
 * balance tells of one deposit alone. Paxos may act on a call after its timeout, so a deposit that the balance lacks is sent again only
 * after 10 s.
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
        CHECK_AGAIN_MS,
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
        // The lease began with the previous attempt, which may have been a look-up too: the wait starts again after each.
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
