/** A delivery, or an event found by the sweep. A hint until it was read back from the Events API. */
export interface ReceivedEvent {
  /** The sender's event id as `canonicalId` gives it, the dedupe key. */
  eventId: string
  type: string
  occurredAt: Date
  isTest: boolean
  origin: 'webhook' | 'sweep'
  /** SHA-256 of the body's bytes as received, hexadecimal; null for what the sweep found. */
  bodySha256: string | null
  /** Authenticator and fingerprint of the key that brought it; none for what the sweep found. */
  keySlot?: string | null
  /** Keyed hash of the sender's address, hexadecimal. */
  sourceHash?: string | null
  /** W3C trace context of the request, where it is well formed. */
  traceparent?: string | null
}

/** `duplicate`: the id was stored before, or comes twice in one commit. `test`: recorded and inert. */
export type AcceptStatus = 'accepted' | 'duplicate' | 'test'
