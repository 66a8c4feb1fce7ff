import type { BackendFactory } from 'bullmq'

/** Signs of life of one worker, milliseconds of `performance.now()`. Both are now while its hands are full: it cannot take more. */
export interface WorkerSigns {
  /** When the queue last answered its question for a job, with one or with none. */
  answeredAt: number
  /** When it was last given a job. */
  takenAt: number
}

/**
 * Watches a worker from its two ends: the backend that it asks for jobs, and the work that it is given. A connection that stands says
 * nothing: a worker is alive when its questions are answered.
 */
export function createSignWatch({ concurrency }: { concurrency: number }): {
  /** The same backend, heard. */
  hear(factory: BackendFactory): BackendFactory
  /** Does the work of a job that was taken. */
  during<T>(work: () => Promise<T>): Promise<T>
  read(): WorkerSigns
} {
  let answeredAt = performance.now()
  let takenAt = answeredAt
  let inHand = 0
  return {
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
    during: async (work) => {
      inHand += 1
      // A finished job's answer brings the next job along, so a busy worker asks no questions.
      answeredAt = takenAt = performance.now()
      try {
        return await work()
      } finally {
        if (inHand === concurrency) answeredAt = takenAt = performance.now()
        inHand -= 1
      }
    },
    read: () => {
      if (inHand < concurrency) return { answeredAt, takenAt }
      const now = performance.now()
      return { answeredAt: now, takenAt: now }
    },
  }
}
