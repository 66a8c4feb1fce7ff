/** How often a receiver records the keys that it accepts, and those used since, milliseconds. */
export const ACCEPTED_EVERY_MS = 60_000
export const KEY_USE_EVERY_MS = 5_000

export interface KeyUse {
  /** Call when a key authenticated a delivery. It neither waits nor throws, so it never delays the receiver. */
  used(keySlot: string): void
  /** Writes the remaining records. */
  close(): Promise<void>
}

/**
 * Records which keys this receiver accepts, and when each was last used. A separate statement every few seconds writes the news, so no
 * acknowledgement waits for it. `failed` is called when the record cannot be written; the next one includes its news.
 */
export function keepKeyUse(
  note: (keys: readonly { slot: string; lastUsedAt: Date | null }[]) => Promise<void>,
  { slots, failed, now = Date.now }: { slots: readonly string[]; failed: (error: unknown) => void; now?: () => number },
): KeyUse {
  const lastUsed = new Map<string, number>()
  let unwritten = new Set<string>()
  let acceptedAt = Number.NEGATIVE_INFINITY

  async function write(): Promise<void> {
    const all = now() - acceptedAt >= ACCEPTED_EVERY_MS
    const changed = all ? [...new Set([...slots, ...unwritten])] : [...unwritten]
    if (changed.length === 0) return
    unwritten = new Set()
    if (all) acceptedAt = now()
    const keys = changed.map((slot) => ({ slot, lastUsedAt: dateOf(lastUsed.get(slot)) }))
    try {
      await note(keys)
    } catch (error) {
      for (const slot of changed) unwritten.add(slot)
      failed(error)
    }
  }

  let writing: Promise<void> = write()
  const timer = setInterval(() => {
    writing = writing.then(write)
  }, KEY_USE_EVERY_MS).unref()
  return {
    used(keySlot) {
      lastUsed.set(keySlot, now())
      unwritten.add(keySlot)
    },
    async close() {
      clearInterval(timer)
      await writing
      await write()
    },
  }
}

function dateOf(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms)
}
