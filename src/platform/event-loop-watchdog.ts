import { url as inspectorUrl } from 'node:inspector'
import { Worker } from 'node:worker_threads'
import { errorMessage } from './app-error.ts'
import type { Logger } from './logger.ts'

const BEAT_MS = 500

/** What the watching thread is given. */
export interface WatchOrder {
  /** Grows by one every `beatMs` while the event loop of the main thread turns. */
  beats: Int32Array<SharedArrayBuffer>
  beatMs: number
  /** Longest stand-still, milliseconds. */
  limitMs: number
}

/**
 * Ends this process, with a line on standard error and SIGKILL, once its event loop has not turned for `limitMs`: code that never gives way
 * (an endless loop) blocks timers, signals and health checks alike, so that nobody in here could end it. The supervisor starts it
 * again, and what it had in hand counts a death. Watches from a thread of its own; time in which the whole process stood still
 * (a suspended machine) does not count, and a process under a debugger is left alone. Returns the stop.
 */
export function startEventLoopWatchdog({ limitMs, logger }: { limitMs: number; logger: Logger }): () => Promise<void> {
  if (inspectorUrl() !== undefined) return async () => {}
  const beats = new Int32Array(new SharedArrayBuffer(4))
  const order: WatchOrder = { beats, beatMs: BEAT_MS, limitMs }
  const thread = new URL('./event-loop-watch-thread.mjs', import.meta.url)
  const watch = new Worker(thread, { workerData: order, env: {}, execArgv: [], name: 'watchdog' })
  // A process without its watchdog does its work all the same.
  watch.on('error', (error) => logger.warn({ reason: errorMessage(error) }, 'the event loop watchdog has stopped'))
  watch.unref()
  const timer = setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS)
  timer.unref()
  return async () => {
    clearInterval(timer)
    await watch.terminate()
  }
}
