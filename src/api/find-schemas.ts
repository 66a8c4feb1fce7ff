import { z } from 'zod'
import { FOUND_KINDS } from '../operate/find.ts'
import { paxosId, time } from './schema-parts.ts'

/** The answer of a search. */
export const FindAnswer = z.strictObject({
  text: z.string().describe('The searched text without blanks and quotes around it.'),
  items: z
    .array(
      z.strictObject({
        kind: z.enum(FOUND_KINDS),
        id: z.string(),
        matchedBy: z.string().describe('The matching id or key: identity id, ref_id, webhook-id, …'),
        value: z.string().describe('The value of that id or key.'),
        exact: z.boolean().describe('True: the text is the whole value.'),
        state: z.string(),
        says: z.string().describe('A short description.'),
        identityId: paxosId.nullable().describe('The customer; null: not known.'),
        at: time,
        page: z.string().describe('The page of this server that shows it.'),
        command: z.string(),
      }),
    )
    .describe('Exact matches first, then by kind.'),
  more: z.boolean().describe('True: more match than the 20 listed of each kind.'),
})
