/** Wakes callers that wait for news of one id. */
export interface News {
  /** Resolves at the next `tell` for this id, or at `tellAll`. */
  of(id: string): Promise<void>
  tell(id: string): void
  tellAll(): void
}

export function createNews(): News {
  const waiting = new Map<string, PromiseWithResolvers<void>>()
  const tell = (id: string): void => {
    waiting.get(id)?.resolve()
    waiting.delete(id)
  }
  return {
    of(id) {
      const news = waiting.get(id) ?? Promise.withResolvers<void>()
      waiting.set(id, news)
      return news.promise
    },
    tell,
    tellAll() {
      for (const id of [...waiting.keys()]) tell(id)
    },
  }
}
