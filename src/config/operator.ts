import { z } from 'zod'
import { headerSecret, positive } from './value-schemas.ts'

/** Access to the operator API and the pages, and the rule for a second person. */
export const OPERATOR = {
  OPERATOR_TOKEN: headerSecret.optional(),
  OPERATOR_SESSION_IDLE_MINUTES: positive.max(720, 'must be at most 720').default(60),
  REPLAY_SECOND_PERSON_ABOVE: z
    .union([z.literal('off'), positive], 'must be a whole number more than 0, or off')
    .transform((above) => (above === 'off' ? null : above))
    .default(25),
}
