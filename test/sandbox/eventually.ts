import { type ExpectPollOptions, expect } from 'vitest'

/** `expect` of something that becomes true soon: asked every few milliseconds, for at most three seconds. */
export function eventually<T>(read: () => T | Promise<T>, options: ExpectPollOptions = {}): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { interval: 4, timeout: 3_000, ...options })
}
