/** Lets work run side by side, until some of it must run with nothing beside it in this process. */
export interface Quarantine {
  /** Runs with whatever else is in hand; waits while something runs alone, or waits to. */
  beside<T>(work: () => Promise<T>): Promise<T>
  /** Lets what is in hand end, then runs with nothing beside it. */
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
