import { setImmediate as turn } from 'node:timers/promises'
import type { EventJob } from '../../src/queue/event-jobs.ts'
import type { EventHandler } from '../../src/queue/event-worker.ts'

export interface WorkOffOptions {
  events: number
  /** Jobs in progress at once in each worker. */
  concurrency: number
  /** Moves the simulated clock on. */
  tick: () => void
}

/** A queue on a simulated clock: a number of jobs in progress in each worker, the oldest first. A job with a later time runs again then. */
export async function workOff(workers: readonly EventHandler[], { events, concurrency, tick }: WorkOffOptions): Promise<void> {
  const waiting: EventJob[] = Array.from({ length: events }, (_, index) => ({ seq: String(index + 1), generation: 0 }))
  let unfinished = events
  const busy = workers.map((handle) => ({ handle, active: 0 }))
  const take = (): void => {
    for (const worker of busy) {
      for (; worker.active < concurrency && waiting.length > 0; worker.active += 1) void work(worker, waiting.shift()!)
    }
  }
  const work = async (worker: (typeof busy)[number], job: EventJob): Promise<void> => {
    const outcome = await worker.handle(job, { rescues: 0 })
    worker.active -= 1
    if (outcome.kind === 'done') unfinished -= 1
    else {
      setTimeout(() => {
        waiting.push(job)
        take()
      }, outcome.at - Date.now())
    }
    take()
  }
  take()
  while (unfinished > 0) {
    for (let turns = 0; turns < 3; turns += 1) await turn() // everything that can go on without the clock does so
    tick()
  }
}
