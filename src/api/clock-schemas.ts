import { z } from 'zod'
import { CLOCK_KINDS } from '../operate/health/clocks.ts'
import { time } from './schema-parts.ts'

/** Times after which something is no longer possible. */
export const CLOCK_SCHEMAS = {
  ClockList: z.strictObject({
    at: time.describe('The time of this view.'),
    items: z
      .array(
        z.strictObject({
          kind: z.enum(CLOCK_KINDS),
          id: z.string().nullable().describe('The order, the quote or the customer; null: several deliveries.'),
          sentence: z.string(),
          afterwards: z.string().describe('What holds after the end.'),
          startedAt: time.nullable(),
          endsAt: time,
          exact: z.boolean().describe('false: Paxos states the length only as typical.'),
          page: z.string(),
        }),
      )
      .describe('The next to end first; at most 100 of each kind.'),
    more: z.boolean().describe('A kind has more than are listed.'),
  }),
}
