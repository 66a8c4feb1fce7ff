import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** Metrics of the acceptor's commits. */
export function createAcceptMetrics(registry: Registry): {
  commitSeconds: Histogram
  batchSize: Histogram
  failures: Counter
  watchWaiting: (waiting: () => number) => void
} {
  const registers = [registry]
  return {
    commitSeconds: new Histogram({
      name: 'gatehouse_inbox_commit_seconds',
      help: 'Duration of one commit of the inbox, seconds.',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2],
      registers,
    }),
    batchSize: new Histogram({
      name: 'gatehouse_inbox_batch_events',
      help: 'Events that shared one commit.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
    failures: new Counter({
      name: 'gatehouse_inbox_failures_total',
      help: 'Commits of the inbox that failed for another reason than their data.',
      registers,
    }),
    watchWaiting: (waiting) => {
      new Gauge({
        name: 'gatehouse_inbox_waiting_events',
        help: 'Events that wait for a commit.',
        registers,
        collect() {
          this.set(waiting())
        },
      })
    },
  }
}
