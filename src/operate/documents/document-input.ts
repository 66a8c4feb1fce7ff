import { z } from 'zod'
import { DOCUMENT_TYPES } from '../../domain/document/document-types.ts'

const WHAT = `must be one or more of ${DOCUMENT_TYPES.join(', ')}`
const Type = z.enum(DOCUMENT_TYPES, WHAT)

/** What a document is: the field may be repeated, or hold several with commas between. */
export const DocumentTypes = z
  .array(z.string(), `is required and ${WHAT}`)
  .transform((texts) => texts.flatMap((text) => text.split(',')).map((text) => text.trim()))
  .pipe(z.array(Type).min(1, WHAT).max(DOCUMENT_TYPES.length, WHAT))

/** The fields of an upload, as texts, beside its file. */
export const DocumentFields = z.strictObject({
  documentTypes: DocumentTypes,
  size: z
    .array(z.string())
    .refine((texts) => texts.length === 1 && /^[0-9]{1,12}$/.test(texts[0] ?? ''), 'must be the number of bytes of the file')
    .optional(),
})
