import type { BackendFactory } from 'bullmq'

/**
 * Signs of life of one worker, milliseconds of `performance.now()`. While its slots are full, both are the present: it cannot take more.
 */
export interface WorkerSigns {
  /** When the queue last answered its fetch, with or without a job. */
  answeredAt: number
  /** When it last got a job. */
  takenAt: number
}

/** A slot that a piece of work has requested. */
export interface Slot {
  /** Resolves when the slot is granted, in the order of requests. */
  held: Promise<void>
  /**
   * Releases the slot before the work has ended. At most as many pieces of work as there are slots may continue without one. Further ones
   * keep theirs.
   */
  release(): void
}

export interface WorkerSlots {
  /**
   * Requests a slot and begins the work at once. The work waits for `held` before it needs the slot. The slot is free again when the work
   * has ended.
   */
  take<T>(work: (slot: Slot) => Promise<T>): Promise<T>
  /** Whether a slot is free and no work waits for one. */
  free(): boolean
  /** The same backend; the slots learn of its answers. */
  hear(factory: BackendFactory): BackendFactory
  signs(): WorkerSigns
}

/**
 * The slots of one worker: they limit the pieces of work in progress, however many a job brings. Others prepare and wait. `onFree`: called
 * when all slots were full and one becomes free.
 *
 * The slots also tell whether the worker is alive, from both ends: the backend that it fetches from, and the jobs that it gets. An open
 * connection proves nothing. A worker is alive when its fetches are answered.
 */
export function createWorkerSlots(count: number, { onFree }: { onFree: () => void }): WorkerSlots {
  let answeredAt = performance.now()
  let takenAt = answeredAt
  let inUse = 0
  /** Pieces of work that released their slot early and have not ended. Bounded too, else slow endings would pile up. */
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
      // The answer to a finished job brings the next job, so a busy worker does not fetch.
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
      } else waiting.push(give) // gets the next slot that becomes free
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
