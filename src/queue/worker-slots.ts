import type { BackendFactory } from 'bullmq'

/** Signs of life of one worker, milliseconds of `performance.now()`. Both are now while its slots are full: it cannot take more. */
export interface WorkerSigns {
  /** When the queue last answered its question for a job, with one or with none. */
  answeredAt: number
  /** When it was last given a job. */
  takenAt: number
}

/** A slot that a piece of work has asked for. */
export interface Slot {
  /** Resolves when it has been given: those that asked first come first. */
  held: Promise<void>
  /** Gives it back before the work has ended. As many pieces as there are slots may go on without one; more keep theirs. */
  release(): void
}

export interface WorkerSlots {
  /** Asks for a slot and begins the work at once, which waits for `held` before it needs it. The slot is free again when the work has ended. */
  take<T>(work: (slot: Slot) => Promise<T>): Promise<T>
  /** One is free, and nothing waits for it. */
  free(): boolean
  /** The same backend, heard. */
  hear(factory: BackendFactory): BackendFactory
  signs(): WorkerSigns
}

/**
 * The slots of one worker: so many pieces of work at once, whatever number of them a job brings; the others prepare and wait. `onFree`: all were full,
 * and one no longer is.
 *
 * They also tell whether the worker is alive, from its two ends: the backend that it asks for jobs, and the work that it is given. A connection that
 * stands says nothing: a worker is alive when its questions are answered.
 */
export function createWorkerSlots(count: number, { onFree }: { onFree: () => void }): WorkerSlots {
  let answeredAt = performance.now()
  let takenAt = answeredAt
  let inUse = 0
  /** Pieces that have let go and have not ended: bounded too, else a slow end would pile them up. */
  let releasedEarly = 0
  /** Oldest first. */
  const waiting: (() => void)[] = []
  const freeSlot = (): void => {
    const full = inUse === count
    if (full) answeredAt = takenAt = performance.now()
    const next = waiting.shift()
    if (next) next()
    else {
      inUse -= 1
      if (full) onFree()
    }
  }
  return {
    take: async (work) => {
      // A finished job's answer brings the next job along, so a busy worker asks no questions.
      answeredAt = takenAt = performance.now()
      const { promise: held, resolve } = Promise.withResolvers<void>()
      let stage = 'asks' as 'asks' | 'holds' | 'goes on without'
      const give = (): void => {
        stage = 'holds'
        resolve()
      }
      if (inUse < count) {
        inUse += 1
        give()
      } else waiting.push(give) // and is given the slot that becomes free
      const release = (): void => {
        if (stage !== 'holds' || releasedEarly === count) return
        stage = 'goes on without'
        releasedEarly += 1
        freeSlot()
      }
      try {
        return await work({ held, release })
      } finally {
        if (stage === 'holds') freeSlot()
        else if (stage === 'goes on without') releasedEarly -= 1
        else waiting.splice(waiting.indexOf(give), 1)
      }
    },
    free: () => inUse < count,
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
      if (inUse < count) return { answeredAt, takenAt }
      const now = performance.now()
      return { answeredAt: now, takenAt: now }
    },
  }
}
