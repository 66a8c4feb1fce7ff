import { Readable } from 'node:stream'
import type { MultipartFile } from '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { fieldErrors, sayIssue } from '../operate/input/field-errors.ts'
import { HttpProblem } from '../platform/problem.ts'
import { watchBody } from './watch-body.ts'

/** A form with one file: its fields, checked, and the file as a stream that is read once. */
export interface FileForm<Fields> {
  fields: Fields
  file: { stream: Readable; length: number | null }
}

/** A file that comes before the fields is read this far, in memory; a longer one must come after them. */
const EARLY_FILE_BYTES = 131_072

/**
 * Reads a multipart form up to its file. The fields stand before the file; a file of up to 128 KiB may also come first. The file's length is its field
 * `size`, or follows from Content-Length where the file is the last field.
 * @throws HttpProblem 400 naming every wrong field, 415 for another content type
 */
export async function readForm<Fields extends z.ZodObject>(request: FastifyRequest, schema: Fields): Promise<FileForm<z.output<Fields>>> {
  if (!request.isMultipart()) throw new HttpProblem(415, 'MEDIA_TYPE_UNSUPPORTED', 'Send content-type: multipart/form-data.')
  const body = watchBody(request.raw)
  const texts = new Map<string, string[]>()
  let file: FileForm<unknown>['file'] | null = null
  for await (const part of request.parts()) {
    if (part.type === 'field') {
      texts.set(part.fieldname, [...(texts.get(part.fieldname) ?? []), String(part.value)])
      continue
    }
    if (part.fieldname !== 'file' || file)
      throw refuse([{ field: part.fieldname, message: 'is not a known field; known fields: file, documentTypes, size' }])
    const fields = schema.safeParse(Object.fromEntries(texts), { error: sayIssue })
    if (fields.success) return { fields: fields.data, file: { stream: part.file, length: sizeOf(texts) ?? body.lengthOfLastFile() } }
    file = await readEarly(part, fields.error)
  }
  const fields = schema.safeParse(Object.fromEntries(texts), { error: sayIssue })
  const missing = file ? [] : [{ field: 'file', message: 'is required: the document itself, as a form field with a file' }]
  const wrong = fields.success ? missing : [...missing, ...fieldErrors(fields.error, { known: Object.keys(schema.shape), whole: 'body' })]
  if (wrong.length > 0 || !fields.success || !file) throw refuse(wrong)
  return { fields: fields.data, file }
}

async function readEarly({ file }: MultipartFile, wrong: z.ZodError): Promise<FileForm<unknown>['file']> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of file) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > EARLY_FILE_BYTES) {
      const errors = fieldErrors(wrong, { known: [], whole: 'body' })
      throw refuse(errors.map(({ field, message }) => ({ field, message: `${message}; send it before file` })))
    }
  }
  return { stream: Readable.from(chunks), length: bytes }
}

function sizeOf(texts: ReadonlyMap<string, string[]>): number | null {
  const size = texts.get('size')?.[0]
  return size === undefined ? null : Number(size)
}

function refuse(errors: { field: string; message: string }[]): HttpProblem {
  const detail = errors.map(({ field, message }) => `${field} ${message}`).join('; ')
  return new HttpProblem(400, 'REQUEST_INVALID', `${detail}.`, { errors })
}
