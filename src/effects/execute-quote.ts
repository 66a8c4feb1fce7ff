import type { Receipt } from '../domain/effect.ts'
import { mayBeExecuted, overAt, type QuoteExecution } from '../domain/trade/quote-execution.ts'
import { EXECUTE_QUOTE, type QuoteExecutionSnapshot } from '../domain/trade/quote-execution-stream.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { PaxosConflictError, PaxosNotFoundError, PaxosRefusedError, PaxosRejectedError } from '../paxos/paxos-errors.ts'
import type { NewQuoteExecution, PaxosQuoteExecution } from '../paxos/quote-executions.ts'
import { AppError } from '../platform/app-error.ts'
import type { Conflict, EffectKind, EffectTask } from './effect-kind.ts'

/** Paxos's execution under our ref_id is not the requested one. */
export class QuoteMismatchError extends AppError {
  readonly code = 'QUOTE_MISMATCH'
  readonly retry = 'never'
  constructor(executionId: string) {
    super(`quote execution ${executionId} at Paxos has our ref_id but is not the requested one`)
  }
}

/**
 * The answer was lost, Paxos lists no execution, and the quote expires too soon to be sent again. It is looked up until the quote has
 * surely expired.
 */
export class QuoteOutcomeOpenError extends AppError {
  readonly code = 'QUOTE_OUTCOME_OPEN'
  readonly retry = 'snooze'
  readonly retryAfterMs = 1_000
  constructor(executionId: string) {
    super(`${executionId}: its answer was lost, and Paxos may still list it until its quote has expired`)
  }
}

/** Time before the request at which the look-up begins, milliseconds: Paxos's clock may be behind ours. */
const CLOCK_SKEW_MS = 300_000

/**
 * Executes a held-rate quote under its ref_id, which is the effect's key. It is sent only with at least 2 s left of the quote (A25). A
 * refusal by Paxos is an answer. After a lost answer the execution is looked up in the profile's list, or the 409 names it. Only when the
 * quote has surely expired does its absence mean that nothing was executed. `now`: milliseconds since 1970.
 */
export function executeQuoteEffect(paxos: PaxosClient, { now }: { now: () => number }): EffectKind<QuoteExecutionSnapshot> {
  const find = async (task: EffectTask<QuoteExecutionSnapshot>, conflict?: Conflict): Promise<Receipt | null> => {
    const { snapshot, effect } = task
    const found = await findExecution(paxos, task, conflict)
    return found && receiptFor(snapshot.execution, effect.key, found, 'adopted')
  }
  return {
    kind: EXECUTE_QUOTE,
    asksPaxos: true,
    room: (priority) => paxos.room('quote-executions.create', { priority }),
    perform: async (task) => {
      const { snapshot, effect, priority } = task
      const { execution } = snapshot
      if (!mayBeExecuted(execution, now())) return refused('quote-expired')
      try {
        const made = await paxos.quoteExecutions.create(execution.profileId, bodyOf(execution, effect.key), { priority })
        return receiptFor(execution, effect.key, made, 'created')
      } catch (error) {
        const reason = reasonOf(error)
        if (reason === null) throw error
        // On a second attempt: the first may have been executed since the look-up.
        return (effect.attempts > 0 ? await find(task) : null) ?? refused(reason)
      }
    },
    find: async (task, conflict) => {
      const { execution } = task.snapshot
      const found = await find(task, conflict)
      if (!found && conflict) throw new QuoteMismatchError(conflict.existingId ?? 'without an id')
      if (!found && !mayBeExecuted(execution, now()) && now() < overAt(execution)) throw new QuoteOutcomeOpenError(execution.executionId)
      return found
    },
    // A refusal has no id: two refusals agree, with any reasons.
    same: (known, late) => known.kind === late.kind && known.paxosExecutionId === late.paxosExecutionId,
    holdFor: (error) => (error instanceof QuoteMismatchError || error instanceof PaxosConflictError ? 'another-execution' : null),
    estimate: async (task) => {
      const { execution } = task.snapshot
      const { key } = task.effect
      const found = await find(task)
      if (found)
        return { verdict: 'would-execute-quote', detail: 'Paxos has it under our key', effects: [{ act: 'adopt', key }], receipt: found }
      if (!mayBeExecuted(execution, now()))
        return {
          verdict: 'would-execute-quote',
          detail: 'nothing would be sent: the quote has less than 2 s left, and Paxos has no execution under our key',
          effects: [],
          receipt: refused('quote-expired'),
        }
      const receipt = { kind: 'quote-executed', paxosExecutionId: 'made up', baseAmount: '0', quoteAmount: '0', how: 'created' }
      return {
        verdict: 'would-execute-quote',
        detail: `the quote would be executed under ${key}`,
        effects: [{ act: 'execute', key }],
        receipt,
      }
    },
  }
}

const refused = (reason: string): Receipt => ({ kind: 'quote-refused', reason })

/** The reason of a refusal; null: the failure is no answer. */
function reasonOf(error: unknown): string | null {
  if (error instanceof PaxosRefusedError) return error.problem === 'expired' ? 'quote-expired' : error.problem
  if (error instanceof PaxosRejectedError) return 'rejected-by-paxos'
  return error instanceof PaxosNotFoundError ? 'quote-unknown' : null
}

/** A 409 names the execution. Otherwise it is looked up in the profile's list, which has no filter by ref_id (paxos/api.md 8.2). */
async function findExecution(
  paxos: PaxosClient,
  { snapshot: { execution }, effect, priority }: EffectTask<QuoteExecutionSnapshot>,
  conflict?: Conflict,
): Promise<PaxosQuoteExecution | null> {
  const { profileId, requestedAt } = execution
  if (conflict?.existingId) return paxos.quoteExecutions.get(profileId, conflict.existingId, { priority })
  const createdFrom = new Date(requestedAt - CLOCK_SKEW_MS)
  const listed = await paxos.quoteExecutions.list(profileId, { createdFrom }, { priority })
  return listed.find(({ refId }) => refId === effect.key) ?? null
}

/** Accepts an answer only for the requested execution. */
function receiptFor(asked: QuoteExecution, key: string, found: PaxosQuoteExecution, how: 'created' | 'adopted'): Receipt {
  const { id, refId, profileId, quoteId, side, market, baseAmount, quoteAmount } = found
  const another =
    (refId !== null && refId !== key) ||
    profileId !== asked.profileId ||
    quoteId !== asked.quoteId ||
    side !== asked.side ||
    market !== asked.market
  if (another) throw new QuoteMismatchError(id)
  return { kind: 'quote-executed', paxosExecutionId: id, baseAmount: String(baseAmount), quoteAmount: String(quoteAmount), how }
}

function bodyOf({ quoteId, identityId, accountId, baseAmount, quoteAmount }: QuoteExecution, key: string): NewQuoteExecution {
  const common = { ref_id: key, quote_id: quoteId, identity_id: identityId, account_id: accountId }
  return baseAmount === null ? { ...common, quote_amount: quoteAmount ?? '' } : { ...common, base_amount: baseAmount }
}
