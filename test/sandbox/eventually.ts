import { type ExpectPollOptions, expect } from 'vitest'

/** An `expect` on a value that becomes true soon. Reads it every 4 ms, for at most 3 s. */
export function eventually<T>(read: () => T | Promise<T>, options: ExpectPollOptions = {}): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { interval: 4, timeout: 3_000, ...options })
}
