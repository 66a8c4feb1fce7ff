import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Pool } from 'pg'
import { Counter, Gauge, type Registry } from 'prom-client'
import { errorMessage, ServiceUnavailableError } from '../platform/app-error.ts'
import { type CanaryTrace, createCanary } from './canary.ts'
import type { EventQueue } from './event-queue.ts'
import { type EventWorker, type EventWorkerOptions, startEventWorker } from './event-worker.ts'
import type { QueueBackend } from './queue-connection.ts'

export interface WatchedWorker {
  /** For the readiness check. @throws ServiceUnavailableError while this worker is silent. */
  check(): Promise<void>
  close(): Promise<void>
}

export interface WatchOptions extends Omit<EventWorkerOptions, 'onCanary'> {
  /** The producing side, on connections of its own. */
  queue: EventQueue
  pool: Pool
  metrics: Registry
  pace?: Partial<WatchPace>
}

/** Milliseconds. The sum of the three stays well below 60 s, within which silence must be noticed. */
export interface WatchPace {
  /** Interval of canaries over all machines. */
  sendEveryMs: number
  /** Interval of each worker's check of itself. */
  probeEveryMs: number
  /** Silence of this length is a fault. An idle worker on Redis fetches a job at least every 10 s. */
  silentAfterMs: number
}

const PACE: WatchPace = { sendEveryMs: 5_000, probeEveryMs: 2_500, silentAfterMs: 20_000 }
/** How long a replaced worker may keep its connection: longer than a job may take. */
const RETIRED_MS = 150_000

/**
 * A worker that notices when it is silent: it seems connected but gets no job (bullmq#648, #3185: after a failover of Redis). Every few
 * seconds one canary goes onto the queue, over all machines, and every worker judges itself. It is silent in two cases:
 *
 * - The queue has not answered its fetch since a canary was sent.
 * - Its fetches are answered and its slots are free, and a canary still waits: it fetches from the wrong server.
 *
 * A worker that gets other jobs, or has its slots full, is never silent, however many jobs wait. No worker is judged while the queue is
 * paused, or while it does not answer the producing side either: that is an outage, and the connections recover by themselves. A silent
 * worker reports it (readiness, metric, log) and starts again on new connections. The old one may finish its work in progress.
 */
export function startWatchedWorker(backend: QueueBackend, options: WatchOptions): WatchedWorker {
  const { queue, pool, logger, metrics } = options
  const pace = { ...PACE, ...options.pace }
  const canary = createCanary({ pool, add: queue.addCanary, sendEveryMs: pace.sendEveryMs })
  const name = `${hostname()}:${process.pid}`
  const open = (): EventWorker => startEventWorker(backend, { ...options, onCanary: () => canary.seen(name) })
  const retired = new Set<EventWorker>()
  let worker = open()
  const told = tellMetrics(metrics)
  let judge = createJudge(pace)
  let lastProbeAt = performance.now()
  let silentSince: number | null = null

  const probe = async (): Promise<void> => {
    const late = performance.now() - lastProbeAt > pace.probeEveryMs + pace.silentAfterMs / 2
    lastProbeAt = performance.now()
    if (late) judge = createJudge(pace) // this process was suspended and knows nothing of that time
    if (await queue.paused()) {
      await canary.rest()
      judge = createJudge(pace)
      return
    }
    await canary.send()
    const trace = await canary.read()
    told.trace(trace)
    const silence = judge(trace, worker.signs())
    if (silence !== null) return reopen(silence)
    const heard = silentSince !== null && worker.signs().answeredAt > silentSince && trace.waitingMs === null
    if (!heard) return
    silentSince = null
    told.silent(false)
    logger.info('this worker gets jobs again')
  }

  const reopen = (silence: string): void => {
    logger.error({ silence }, 'this worker is silent: its connection stands and brings no job; it opens a new one')
    const old = worker
    worker = open()
    retired.add(old)
    const cut = setTimeout(() => void old.cut(), RETIRED_MS)
    void old
      .close()
      .catch(() => undefined)
      .finally(() => {
        clearTimeout(cut)
        retired.delete(old)
      })
    judge = createJudge(pace)
    silentSince = performance.now()
    told.silent(true)
    told.reopened()
  }

  const stop = new AbortController()
  const probing = (async () => {
    while (!stop.signal.aborted) {
      await probe().catch((error) => {
        judge = createJudge(pace) // a paused queue gives no jobs, so silence is no fault
        logger.debug({ reason: errorMessage(error) }, 'the canary could not be sent or read')
      })
      await sleep(pace.probeEveryMs, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  })()

  return {
    check: async () => {
      if (silentSince !== null) throw new ServiceUnavailableError('this worker gets no jobs; see its log')
    },
    close: async () => {
      stop.abort()
      await probing
      await Promise.all([worker.close(), ...[...retired].map((old) => old.cut().then(old.close))])
    },
  }
}

/** Describes a worker's silence in a few words; null: it is not silent. Knows nothing of the time before it was created. */
type Judge = (trace: CanaryTrace, signs: ReturnType<EventWorker['signs']>) => string | null

function createJudge({ silentAfterMs }: WatchPace): Judge {
  const since = performance.now()
  let seenBefore: number | null = null
  /** When the first canary was sent since which no fetch of this worker was answered. */
  let unansweredSince: number | null = null
  return ({ seenAt, waitingMs }, { answeredAt, takenAt }) => {
    const now = performance.now()
    const seen = seenAt?.getTime() ?? 0
    if (unansweredSince !== null && answeredAt > unansweredSince) unansweredSince = null
    if (waitingMs !== null || (seenBefore !== null && seen > seenBefore)) unansweredSince ??= now
    seenBefore = seen
    if (unansweredSince !== null && now - unansweredSince >= silentAfterMs) return 'the queue does not answer its requests for a job'
    const waiting = waitingMs !== null && waitingMs >= silentAfterMs && now - Math.max(since, takenAt) >= silentAfterMs
    return waiting ? 'a job waits and slots are free, but the queue does not give it to this worker' : null
  }
}

function tellMetrics(metrics: Registry): { trace(trace: CanaryTrace): void; silent(is: boolean): void; reopened(): void } {
  let last: { trace: CanaryTrace; at: number } | null = null
  const seconds = (ms: number | null | undefined): number =>
    last === null || ms === null || ms === undefined ? 0 : (ms + performance.now() - last.at) / 1_000
  const registers = [metrics]
  new Gauge({
    name: 'gatehouse_canary_age_seconds',
    help: 'Seconds since any worker last took a canary off the queue; grows while the queue is paused.',
    registers,
    collect() {
      this.set(seconds(last?.trace.sinceSeenMs))
    },
  })
  new Gauge({
    name: 'gatehouse_canary_waiting_seconds',
    help: 'Seconds for which a canary has been waiting for a worker; 0 if none waits.',
    registers,
    collect() {
      this.set(seconds(last?.trace.waitingMs))
    },
  })
  const silent = new Gauge({
    name: 'gatehouse_worker_silent',
    help: '1 while this worker is connected and gets no job.',
    registers,
  })
  const reopened = new Counter({
    name: 'gatehouse_worker_reopened_total',
    help: 'Times that this worker detected its silence and opened new connections to the queue.',
    registers,
  })
  return {
    trace: (trace) => {
      last = { trace, at: performance.now() }
    },
    silent: (is) => silent.set(is ? 1 : 0),
    reopened: () => reopened.inc(),
  }
}
