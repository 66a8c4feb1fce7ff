import { url as inspectorUrl } from 'node:inspector'
import { Worker } from 'node:worker_threads'
import { errorMessage } from './app-error.ts'
import type { Logger } from './logger.ts'

const BEAT_MS = 500

/** Input of the watching thread. */
export interface WatchOrder {
  /** The main thread adds one every `beatMs` while its event loop turns. */
  beats: Int32Array<SharedArrayBuffer>
  beatMs: number
  /** Longest time without a turn of the event loop, milliseconds. */
  limitMs: number
}

/**
 * Ends this process, with a line on standard error and SIGKILL, once its event loop has not turned for `limitMs`. An endless loop blocks
 * timers, signals and health checks alike, so only another thread can end it. The supervisor starts the process again, and each event that
 * was in progress counts a strike. Time in which the whole process stood still (a suspended machine) does not count. A process under a
 * debugger is left alone. Returns a function that stops the watch.
 */
export function startEventLoopWatchdog({ limitMs, logger }: { limitMs: number; logger: Logger }): () => Promise<void> {
  if (inspectorUrl() !== undefined) return async () => {}
  const beats = new Int32Array(new SharedArrayBuffer(4))
  const order: WatchOrder = { beats, beatMs: BEAT_MS, limitMs }
  const thread = new URL('./event-loop-watch-thread.mjs', import.meta.url)
  const watch = new Worker(thread, { workerData: order, env: {}, execArgv: [], name: 'watchdog' })
  // A process works without its watchdog too.
  watch.on('error', (error) => logger.warn({ reason: errorMessage(error) }, 'the event loop watchdog has stopped'))
  watch.unref()
  const timer = setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await watch.terminate()
  }
}
