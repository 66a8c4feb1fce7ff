/** How often a receiver writes down which keys it accepts, milliseconds; and which of them were used since. */
export const ACCEPTED_EVERY_MS = 60_000
export const KEY_USE_EVERY_MS = 5_000

export interface KeyUse {
  /** A delivery proved its sender by this key. Neither waits nor throws: this is beside the work of the receiver and never in its way. */
  used(keySlot: string): void
  /** Writes what is not written yet. */
  close(): Promise<void>
}

/**
 * Says on record which keys this receiver accepts, and when each was last used: beside the work, in a statement of its own every few seconds
 * while there is something new, so that an acknowledgement waits for none of it. `failed` is told when the record cannot be written; the
 * next one makes up for it.
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
