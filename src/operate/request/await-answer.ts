import { setTimeout as sleep } from 'node:timers/promises'

/** Milliseconds that a caller waits for the other side's answer, and milliseconds between checks. */
const WAIT_MS = 5_000
const CHECK_EVERY_MS = 25

/** Resolves once a stream's state is no longer pending, and at the latest when the wait of 5 s ends. */
export type Answered = (id: string) => Promise<void>

interface Waiter {
  readonly until: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Watches all streams of one kind that callers wait for with one read every 25 ms, however many callers there are. `now`: milliseconds since 1970. */
export function createAnswerWatch({
  pendingAmong,
  now,
}: {
  pendingAmong: (ids: readonly string[]) => Promise<ReadonlySet<string>>
  now: () => number
}): Answered {
  const waiting = new Map<string, Waiter[]>()
  const check = async (): Promise<void> => {
    const ids = [...waiting.keys()]
    const pending = await pendingAmong(ids)
    for (const id of ids) {
      const waiters = waiting.get(id) ?? []
      const stay = pending.has(id) ? waiters.filter(({ until }) => now() < until) : []
      for (const waiter of waiters) if (!stay.includes(waiter)) waiter.resolve()
      if (stay.length > 0) waiting.set(id, stay)
      else waiting.delete(id)
    }
  }
  const watch = async (): Promise<void> => {
    while (waiting.size > 0) {
      await sleep(CHECK_EVERY_MS)
      await check().catch((error: unknown) => {
        const failed = [...waiting.values()].flat()
        waiting.clear()
        for (const { reject } of failed) reject(error)
      })
    }
  }
  return (id) =>
    new Promise((resolve, reject) => {
      const idle = waiting.size === 0
      waiting.set(id, [...(waiting.get(id) ?? []), { until: now() + WAIT_MS, resolve, reject }])
      if (idle) void watch()
    })
}

/** The result of a request, once its answer has come or the wait has ended. */
export async function awaitAnswer<T>(
  id: string,
  { find, answered }: { find: (id: string) => Promise<T | null>; answered: Answered },
): Promise<T> {
  await answered(id)
  const found = await find(id)
  if (!found) throw new Error(`${id} was committed and cannot be read`)
  return found
}
