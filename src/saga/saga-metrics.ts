import { Counter, Histogram, type Registry } from 'prom-client'

/** Metrics of the worker's events. */
export interface SagaMetrics {
  /** Counts an event that ended. `sinceReceivedMs`: milliseconds since its first delivery. */
  ended(end: 'processed' | 'parked' | 'dead', sinceReceivedMs: number): void
  /** Counts an event that will be retried, with the code of its error. */
  willRetry(code: string): void
}

export function createSagaMetrics(metrics: Registry): SagaMetrics {
  const ends = new Counter({
    name: 'gatehouse_events_ended_total',
    help: 'Ended events: processed, parked or dead (the last two need an operator).',
    labelNames: ['end'] as const,
    registers: [metrics],
  })
  const retries = new Counter({
    name: 'gatehouse_event_retries_total',
    help: 'Attempts that led to a retry, by error code.',
    labelNames: ['code'] as const,
    registers: [metrics],
  })
  const seconds = new Histogram({
    name: 'gatehouse_event_seconds',
    help: 'Seconds from the first delivery of an event to its end, including all waits.',
    labelNames: ['end'] as const,
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600, 86_400],
    registers: [metrics],
  })
  for (const end of ['processed', 'parked', 'dead'] as const) ends.inc({ end }, 0) // an alert needs the zero before the first event
  return {
    ended: (end, sinceReceivedMs) => {
      ends.inc({ end })
      seconds.observe({ end }, sinceReceivedMs / 1_000)
    },
    willRetry: (code) => retries.inc({ code }),
  }
}
