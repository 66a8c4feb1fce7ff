/** Lets work run in parallel, except for work that must run alone in this process. */
export interface Quarantine {
  /** Runs in parallel with other work. Waits while some work runs alone or waits to. */
  beside<T>(work: () => Promise<T>): Promise<T>
  /** Waits for the work in progress, then runs alone. */
  alone<T>(work: () => Promise<T>): Promise<T>
}

export function createQuarantine(): Quarantine {
  const running = new Set<Promise<unknown>>()
  let alone: Promise<unknown> | null = null
  return {
    beside: async (work) => {
      while (alone) await alone
      const run = work()
      const ended = run.catch(() => undefined)
      running.add(ended)
      try {
        return await run
      } finally {
        running.delete(ended)
      }
    },
    alone: async (work) => {
      while (alone) await alone
      const run = Promise.all(running).then(work)
      const ended = run.catch(() => undefined)
      alone = ended
      try {
        return await run
      } finally {
        alone = null
      }
    },
  }
}
