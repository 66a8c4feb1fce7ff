import type { ConfirmationReader } from './confirmation-reader.ts'
import type { PaxosIdentity } from './identities.ts'

/**
 * A reader that reads each identity once and then remembers it, for looks that decide nothing: a plan over many events of one customer. A read
 * that fails is not remembered. It lives as long as the plan is made; the reader behind it stays open.
 */
export function rememberIdentities(reader: ConfirmationReader): ConfirmationReader {
  const known = new Map<string, Promise<PaxosIdentity>>()
  return {
    ...reader,
    identity: (id, at, options) => {
      const before = known.get(id)
      if (before !== undefined) return before
      const reading = reader.identity(id, at, options).catch((error: unknown) => {
        known.delete(id)
        throw error
      })
      known.set(id, reading)
      return reading
    },
  }
}
