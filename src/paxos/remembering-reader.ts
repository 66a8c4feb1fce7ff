import type { ConfirmationReader } from './confirmation-reader.ts'
import type { PaxosIdentity } from './identities.ts'

/**
 * Reads each identity once and remembers it, for looks that decide nothing: a plan over many events of one customer. A failed read is not
 * remembered. The reader lives while the plan is made. Closing it leaves the reader behind it open.
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
