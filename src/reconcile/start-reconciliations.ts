import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import type { WindowParts } from './read-window.ts'
import { postponeReconciliation, takeReconciliation } from './reconciliation-store.ts'
import { runReconciliation } from './run-reconciliation.ts'

/** Pause between two checks for a request, milliseconds. */
const CHECK_EVERY_MS = 1_000
/** How long a comparison waits after a failure, seconds. */
const RETRY_SECONDS = 15

/**
 * Works on requested comparisons, one at a time in each worker. Returns a function that stops it. Another worker takes over a comparison in
 * progress.
 */
export function startReconciliations(parts: WindowParts, logger: Logger): () => Promise<void> {
  const stopping = new AbortController()
  const worker = randomUUID()
  const work = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await workOnNext(parts, { worker, logger, signal: stopping.signal }).catch((error: unknown) =>
        logger.warn({ reason: errorMessage(error) }, 'requested reconciliations could not be read; retrying'),
      )
      await sleep(CHECK_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const running = work()
  return async () => {
    stopping.abort()
    await running
  }
}

async function workOnNext(
  parts: WindowParts,
  { worker, logger, signal }: { worker: string; logger: Logger; signal: AbortSignal },
): Promise<void> {
  const { pool, paxos } = parts
  const taken = await takeReconciliation(pool, worker)
  if (!taken) return
  const list: typeof paxos.events.list = (options) => {
    signal.throwIfAborted()
    return paxos.events.list(options)
  }
  try {
    await runReconciliation({ ...parts, paxos: { events: { ...paxos.events, list } } }, taken, worker)
    logger.info({ reconciliation: taken.id }, 'reconciliation finished')
  } catch (error) {
    const stopped = signal.aborted
    if (!stopped) logger.warn({ reconciliation: taken.id, reason: errorMessage(error) }, 'reconciliation interrupted; retrying')
    await postponeReconciliation(pool, {
      ...{ id: taken.id, worker },
      ...(stopped ? { error: null, seconds: 0 } : { error: errorMessage(error), seconds: RETRY_SECONDS }),
    })
  }
}
