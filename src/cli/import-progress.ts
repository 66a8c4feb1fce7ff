import type { ImportProgress } from '../operate/imports/follow-progress.ts'
import { roughSpan } from '../operate/say/say-time.ts'

const DRAW_EVERY_MS = 500
/** Moves to the start of the line and clears it. */
const CLEAR_LINE = '\r\x1b[2K'

/**
 * Shows the progress of an import in one line of standard error, if that is a terminal. The first Ctrl-C stops the import after the lines in
 * progress. Call `end` when the import has ended.
 */
export function watchImport(): { signal: AbortSignal; onProgress: (progress: ImportProgress) => void; end: () => void } {
  const stopping = new AbortController()
  const onSignal = (): void => stopping.abort()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onSignal)
  let first: { position: number; at: number } | null = null
  let drawnAt = Number.NEGATIVE_INFINITY
  const onProgress = (progress: ImportProgress): void => {
    const now = performance.now()
    first ??= { position: progress.position, at: now }
    if (!process.stderr.isTTY || now - drawnAt < DRAW_EVERY_MS) return
    drawnAt = now
    process.stderr.write(`${CLEAR_LINE}${sayProgress(progress, first, now)}`)
  }
  const end = (): void => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal)
    if (process.stderr.isTTY && first !== null) process.stderr.write(CLEAR_LINE)
  }
  return { signal: stopping.signal, onProgress, end }
}

/** `1200 of 100000 lines: 1198 created, 2 rejected; 9.7/s, about 3 h left`. Times in milliseconds. */
export function sayProgress(progress: ImportProgress, first: { position: number; at: number }, now: number): string {
  const { position, records, created, existing, held, rejected, waitsFor } = progress
  const perSecond = ((position - first.position) / Math.max(1, now - first.at)) * 1_000
  const pace = perSecond > 0 ? `; ${perSecond.toFixed(1)}/s, about ${roughSpan((records - position) / perSecond)} left` : ''
  const waits = waitsFor === null ? '' : `; waits: ${waitsFor}`
  const counts = [`${created} created`, `${existing} existing`, `${held} held`, `${rejected} rejected`].filter(
    (part) => !part.startsWith('0 '),
  )
  return `${position} of ${records} lines${counts.length > 0 ? `: ${counts.join(', ')}` : ''}${pace}${waits}`
}
