import type { TestBackend } from '../support/queue-backends.ts'

/**
 * Where a process is killed: before a part of the pipeline is called, during the call, or after its answer and before anything else. What a
 * crash leaves behind changes only at these calls, so that a process that dies anywhere else leaves the same as at the nearest of them. The
 * number counts the calls within one process.
 */
export type Instant = `${'before' | 'during' | 'after'} ${string} #${number}`

/**
 * The instants of a table at which workers are killed with the queue on this backend. `npm test` kills at each instant on one of the two
 * backends, in turn: each case takes some seconds of two processes. `CRASHES=all` kills at each instant on both.
 */
export function instantsOn({ kind }: TestBackend, instants: readonly Instant[]): readonly Instant[] {
  if (process.env.CRASHES === 'all') return instants
  return instants.filter((_, index) => (index % 2 === 0) === (kind === 'redis'))
}

/** Calls `reach` before and after each call of a method of `part` and its parts. `during` is up to `reach`. */
export function watch<Part extends object>(name: string, part: Part, reach: (at: Instant) => void): Part {
  return new Proxy(part, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property)
      const path = `${name}.${String(property)}`
      if (typeof value === 'object' && value !== null) return watch(path, value, reach)
      if (typeof value !== 'function' || property === 'close') return value
      return (...args: unknown[]) => watchCall(path, reach, () => Reflect.apply(value, target, args))
    },
  })
}

const calls = new Map<string, number>()

async function watchCall<T>(path: string, reach: (at: Instant) => void, call: () => Promise<T>): Promise<T> {
  const number = (calls.get(path) ?? 0) + 1
  calls.set(path, number)
  reach(`before ${path} #${number}`)
  const answer = call()
  reach(`during ${path} #${number}`)
  const value = await answer
  reach(`after ${path} #${number}`)
  return value
}
