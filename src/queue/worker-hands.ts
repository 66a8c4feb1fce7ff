import type { BackendFactory } from 'bullmq'

/** Signs of life of one worker, milliseconds of `performance.now()`. Both are now while its hands are full: it cannot take more. */
export interface WorkerSigns {
  /** When the queue last answered its question for a job, with one or with none. */
  answeredAt: number
  /** When it was last given a job. */
  takenAt: number
}

export interface WorkerHands {
  /** Does a piece of work as soon as a hand is free for it, which is free again when the work has ended, or lets go of it before. */
  take<T>(work: (letGo: () => void) => Promise<T>): Promise<T>
  /** One is free, and nothing waits for it. */
  free(): boolean
  /** The same backend, heard. */
  hear(factory: BackendFactory): BackendFactory
  signs(): WorkerSigns
}

/**
 * The hands of one worker: so many pieces of work at once, whatever number of them a job brings; the others wait here. `onFree`: all were full,
 * and one no longer is.
 *
 * They also tell whether the worker is alive, from its two ends: the backend that it asks for jobs, and the work that it is given. A connection that
 * stands says nothing: a worker is alive when its questions are answered.
 */
export function createWorkerHands(count: number, { onFree }: { onFree: () => void }): WorkerHands {
  let answeredAt = performance.now()
  let takenAt = answeredAt
  let inHand = 0
  /** Oldest first. */
  const waiting: (() => void)[] = []
  const release = (): void => {
    const full = inHand === count
    if (full) answeredAt = takenAt = performance.now()
    const next = waiting.shift()
    if (next) next()
    else {
      inHand -= 1
      if (full) onFree()
    }
  }
  return {
    take: async (work) => {
      // A finished job's answer brings the next job along, so a busy worker asks no questions.
      answeredAt = takenAt = performance.now()
      if (inHand < count) inHand += 1
      else await new Promise<void>((resolve) => waiting.push(resolve)) // and is given the hand that becomes free
      let holds = true
      const letGo = (): void => {
        if (holds) release()
        holds = false
      }
      try {
        return await work(letGo)
      } finally {
        letGo()
      }
    },
    free: () => inHand < count,
    hear: (factory) => (name, options, further) => {
      const backend = factory(name, options, further)
      const ask = backend.moveToActive.bind(backend)
      backend.moveToActive = async (...question) => {
        const answer = await ask(...question)
        answeredAt = performance.now()
        return answer
      }
      return backend
    },
    signs: () => {
      if (inHand < count) return { answeredAt, takenAt }
      const now = performance.now()
      return { answeredAt: now, takenAt: now }
    },
  }
}
