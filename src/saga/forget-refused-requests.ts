import { errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'

/** How long the personal data of a request that failed is kept, days: a replay within that time needs no second request. */
export const KEPT_DAYS = 7
const DAY_MS = 86_400_000
const EVERY_MS = 3_600_000
const PAGE = 500

/** The vault and the inbox, as far as they are asked here. The ids of sealed payloads are those of streams. */
export interface SealedRequests {
  /** In the order of their ids. */
  listSealed(page: { before: Date; after: string; limit: number }): Promise<string[]>
  /** Of these streams, those whose commands have all failed by then. */
  streamsOfFailedCommands(streamIds: readonly string[], before: Date): Promise<string[]>
  remove(id: string): Promise<void>
}

/**
 * Removes the personal data of requests that failed more than `KEPT_DAYS` ago: refused by Paxos, given up or dismissed. A request that still runs keeps
 * its data. The caller may send the request again under its key, and its data is sealed anew. Returns how many it removed.
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

/** Forgets once an hour, from now on. Returns the function that stops it and waits for the round. */
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
