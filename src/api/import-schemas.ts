import { z } from 'zod'
import { IMPORT_STATES, SOURCE_FORMATS } from '../domain/bulk-import.ts'
import { count, NextCursor, time } from './schema-parts.ts'

const FIELDS = {
  id: z.string().describe('It follows from the file, so the same file is the same import.'),
  state: z
    .enum(IMPORT_STATES)
    .describe('running: a process sends its lines. stopped: the same command continues it. finished: each line has a result.'),
  fileSha256: z.string().describe('SHA-256 of the file, hexadecimal.'),
  format: z.enum(SOURCE_FORMATS),
  records: count.describe('Lines to import in the file.'),
  position: count.describe('Lines with a result.'),
  created: count.describe('Identities that this import requested and Paxos has.'),
  existing: count.describe('Lines whose request was known before. Nothing was sent.'),
  held: count.describe('Persons whom Paxos knows already: an operator decides.'),
  rejected: count.describe('Lines that were not imported.'),
  requestedBy: z.string(),
  requestedAt: time,
  finishedAt: time.nullable(),
  lastError: z.string().nullable().describe('Code of the error that stopped the last run; null: none did.'),
}

const RejectedLine = z.strictObject({
  line: count.describe('Number of the line in the file, from 1.'),
  code: z.string(),
  fields: z.array(z.strictObject({ field: z.string(), message: z.string() })).describe('What is wrong, without a value.'),
})

/** Bulk imports, which the command `gatehouse import` runs. */
export const IMPORT_SCHEMAS = {
  ImportPage: z.strictObject({ items: z.array(z.strictObject(FIELDS)), nextCursor: NextCursor }),
  Import: z.strictObject({ ...FIELDS, rejectedLines: z.array(RejectedLine).describe('The first 200 lines that were not imported.') }),
}
