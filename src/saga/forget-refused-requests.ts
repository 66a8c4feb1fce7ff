import { errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'

/** Days for which the personal data of a failed request is kept: a replay within that time needs no second request. */
export const KEPT_DAYS = 7
const DAY_MS = 86_400_000
const EVERY_MS = 3_600_000
const PAGE = 500

/** The parts of the vault and the inbox that are used here. A sealed payload has the id of its stream. */
export interface SealedRequests {
  /** In the order of ids. */
  listSealed(page: { before: Date; after: string; limit: number }): Promise<string[]>
  /** Those of these streams whose commands had all failed by then. */
  streamsOfFailedCommands(streamIds: readonly string[], before: Date): Promise<string[]>
  remove(id: string): Promise<void>
}

/**
 * Removes the personal data of requests that failed more than `KEPT_DAYS` days ago: refused by Paxos, given up or dismissed. A running
 * request keeps its data. When the caller sends the request again under its key, its data is sealed again. Returns the number of removed
 * payloads.
 */
export async function forgetRefusedRequests(
  { listSealed, streamsOfFailedCommands, remove }: SealedRequests,
  nowMs: number,
): Promise<number> {
  const before = new Date(nowMs - KEPT_DAYS * DAY_MS)
  let removed = 0
  for (let after = ''; ; ) {
    const page = await listSealed({ before, after, limit: PAGE })
    for (const id of await streamsOfFailedCommands(page, before)) {
      await remove(id)
      removed += 1
    }
    const last = page.at(-1)
    if (last === undefined || page.length < PAGE) return removed
    after = last
  }
}

/** Removes such data at once and every hour. Returns a function that stops it and waits for the current round. */
export function startForgetting(requests: SealedRequests, { now, logger }: { now: () => number; logger: Logger }): () => Promise<void> {
  const round = async (): Promise<void> => {
    try {
      const removed = await forgetRefusedRequests(requests, now())
      if (removed > 0) logger.info({ removed }, 'removed the personal data of requests that failed a week ago')
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'the personal data of failed requests could not be removed; retrying in 1 h')
    }
  }
  let running = round()
  const timer = setInterval(() => {
    running = round()
  }, EVERY_MS)
  return async () => {
    clearInterval(timer)
    await running
  }
}
