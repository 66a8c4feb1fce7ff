import { isUtf8 } from 'node:buffer'
import { z } from 'zod'

/** The characters of a name, for messages. */
export const NAME_RULE = "up to 80 letters (accents too), digits, spaces and . _ @ + ' -"

/** The actor's name in the audit. Letters of any script, in composed form, so that equal names are equal texts. */
export const OperatorName = z
  .string('is required')
  .transform((name) => name.normalize('NFC').trim())
  .pipe(z.string().regex(/^[\p{L}\p{N}_.@+-][\p{L}\p{M}\p{N} _.@+'’-]{0,79}$/u, `must be a name of ${NAME_RULE}`))

/** A header as its sender wrote it. Node reads headers as Latin-1, and senders write names in UTF-8: `José` arrives as `JosÃ©`. */
export function headerText(header: string): string {
  const bytes = Buffer.from(header, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : header
}
