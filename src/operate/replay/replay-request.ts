import { z } from 'zod'
import { UsageError } from '../../platform/app-error.ts'

export { MAX_REPLAY_LIMIT, REPLAYABLE_STATES } from '../../replay/replay-filter.ts'

export const SHORTEST_REASON = 3
export const LONGEST_REASON = 500

/** An operator's reason, checked by the same rule on every face. Kept in the audit and with the action's record. */
export const Reason = z
  .string(`is required: say why in at least ${SHORTEST_REASON} characters; the audit records it`)
  .trim()
  .min(SHORTEST_REASON, `must have at least ${SHORTEST_REASON} characters; the audit records it`)
  .max(LONGEST_REASON, `may have at most ${LONGEST_REASON} characters`)
  .regex(/^\P{Cc}*$/u, 'may not hold control characters')

/** A reason from the command line. @throws UsageError with every error in it */
export function readReason(text: string): string {
  const parsed = Reason.safeParse(text)
  if (parsed.success) return parsed.data
  throw new UsageError(`--reason ${parsed.error.issues.map(({ message }) => message).join('; ')}`)
}
