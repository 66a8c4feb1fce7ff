import { z } from 'zod'
import { UsageError } from '../../platform/app-error.ts'
import { Time } from '../input/query-inputs.ts'
import { DOSSIER_FORMATS } from './dossier.ts'

/** The window and the form of a dossier, the same on all faces. */
export const DossierQuery = z.strictObject({
  from: Time.optional().describe('Start of the window, inclusive. By default 24 hours before to.'),
  to: Time.optional().describe('End of the window, exclusive. By default now.'),
  format: z.enum(DOSSIER_FORMATS).default('markdown'),
})

const DAY_MS = 86_400_000
/** A longer window is a typing error, or needs several dossiers. */
const LONGEST_DAYS = 31
/** A clock that runs ahead of the server's by less than this is no error. */
const SLACK_MS = 60_000

/** @throws UsageError naming the field */
export function dossierWindow({ from, to }: { from?: Date | undefined; to?: Date | undefined }, nowMs: number): { from: Date; to: Date } {
  const now = new Date(nowMs)
  const end = to ?? now
  if (end.getTime() > nowMs + SLACK_MS) throw new UsageError(`must not be in the future. It is ${now.toISOString()} now`, { field: 'to' })
  const start = from ?? new Date(end.getTime() - DAY_MS)
  if (start >= end) throw new UsageError(`must be before to, which is ${end.toISOString()}`, { field: 'from' })
  if (end.getTime() - start.getTime() > LONGEST_DAYS * DAY_MS)
    throw new UsageError(`must be at most ${LONGEST_DAYS} days before to. Write several dossiers`, { field: 'from' })
  return { from: start, to: end }
}
