import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds that a caller waits for the other side's answer, and milliseconds between checks. */
const WAIT_MS = 5_000
const POLL_EVERY_MS = 40

/** What a request has led to once its state is none of `pending`, or its current state when the wait of 5 s ends. `now`: milliseconds since 1970. */
export async function awaitAnswer<T extends { readonly state: string }>(
  id: string,
  { find, pending, now }: { find: (id: string) => Promise<T | null>; pending: readonly T['state'][]; now: () => number },
): Promise<T> {
  const until = now() + WAIT_MS
  for (;;) {
    const found = await find(id)
    if (!found) throw new Error(`${id} was committed and cannot be read`)
    if (!pending.includes(found.state) || now() >= until) return found
    await sleep(POLL_EVERY_MS)
  }
}
