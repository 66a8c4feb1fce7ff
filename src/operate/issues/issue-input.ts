import { z } from 'zod'
import { ISSUE_STATES } from '../../inbox/read-issues.ts'

export { ISSUE_STATES, type IssueState } from '../../inbox/read-issues.ts'

/** Operators' decisions on an issue, in the order of the buttons. */
export const ISSUE_VERBS = ['acknowledge', 'mute', 'resolve', 'reopen'] as const
export type IssueVerb = (typeof ISSUE_VERBS)[number]

const LONGEST_NOTE = 1_000

/** An issue's id: 12 hexadecimal digits. */
export const IssueId = z.string().regex(/^[0-9a-f]{12}$/, 'must be the id of an issue: 12 hexadecimal digits')
export const IssueStateFilter = z.enum([...ISSUE_STATES, 'all'])
const Note = z.string().trim().max(LONGEST_NOTE, `may have at most ${LONGEST_NOTE} characters`)
const Link = z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).max(500, 'may have at most 500 characters')
export const Annotation = z.strictObject({ note: Note.nullable().optional(), link: Link.nullable().optional() })
export type Annotation = z.output<typeof Annotation>
