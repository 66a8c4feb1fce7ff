import type { RejectedLine } from '../../domain/bulk-import.ts'
import type { SourceRecord } from '../../imports/read-source.ts'
import { fieldErrors, sayIssue } from '../input/field-errors.ts'
import { unstorableFields } from '../input/unstorable.ts'
import { IDENTITY_REQUEST_FIELDS, IdentityRequest } from '../onboarding/identity-request.ts'
import { type Column, readRow } from './import-columns.ts'

/** A line that can be sent. `refId` is its Idempotency-Key too. */
export interface ReadyLine {
  readonly line: number
  readonly refId: string
  readonly request: IdentityRequest
}

export type CheckedLine = { kind: 'ready'; ready: ReadyLine } | { kind: 'rejected'; rejected: RejectedLine }

const WHOLE = 'the line'

/**
 * Checks a line as the API checks a body: every wrong field at once. A line needs a `ref_id`, because it is the key under which a repeated line
 * makes nothing twice. `columns`: of a CSV file; null for JSONL.
 */
export function checkLine({ line, value, fault }: SourceRecord, columns: readonly Column[] | null): CheckedLine {
  const rejected = (fields: RejectedLine['fields']): CheckedLine => ({
    kind: 'rejected',
    rejected: { line, code: 'REQUEST_INVALID', fields: fields.map(({ field, message }) => ({ field, message })) },
  })
  if (fault !== null) return rejected([{ field: WHOLE, message: fault }])
  const cells = value as readonly string[] // of a CSV file
  if (columns && cells.length !== columns.length)
    return rejected([{ field: WHOLE, message: `has ${cells.length} cells; the head line has ${columns.length} columns` }])
  const body = columns ? readRow(columns, cells) : value
  const unstorable = unstorableFields(body)
  if (unstorable.length > 0) return rejected(unstorable)
  const parsed = IdentityRequest.safeParse(body, { error: sayIssue })
  const missing = hasRefId(body) ? [] : [{ field: 'ref_id', message: 'is required in an import: your own id of the customer' }]
  if (!parsed.success) return rejected([...missing, ...fieldErrors(parsed.error, { known: IDENTITY_REQUEST_FIELDS, whole: WHOLE })])
  const { ref_id: refId } = parsed.data
  return refId === undefined ? rejected(missing) : { kind: 'ready', ready: { line, refId, request: parsed.data } }
}

function hasRefId(body: unknown): boolean {
  return typeof body !== 'object' || body === null || 'ref_id' in body // a body that is no object has a fault of its own
}
