import { z } from 'zod'

/** The states from which a replay may take events. */
export const REPLAYABLE_STATES = ['parked', 'dead', 'processed', 'accepted'] as const

/** An operator's reason; kept with the replay and in the audit. */
export const Reason = z
  .string('is required: say why; it is kept in the audit')
  .trim()
  .min(3, 'must say why; it is kept in the audit')
  .max(500, 'may have at most 500 characters')
  .regex(/^\P{Cc}*$/u, 'may not hold control characters')
