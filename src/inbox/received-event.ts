/** A delivery, or an event that the sweep found. It is a hint until it was read back from the Events API. */
export interface ReceivedEvent {
  /** The dedupe key: the sender's event id in the form of `canonicalId`. */
  eventId: string
  type: string
  occurredAt: Date
  isTest: boolean
  origin: 'webhook' | 'sweep'
  /** SHA-256 of the received body, hexadecimal; null for an event that the sweep found. */
  bodySha256: string | null
  /** Authenticator and fingerprint of the delivery's key; null for an event that the sweep found. */
  keySlot?: string | null
  /** Keyed hash of the sender's address, hexadecimal. */
  sourceHash?: string | null
  /** W3C trace context of the request, if well formed. */
  traceparent?: string | null
}

/** `duplicate`: the id was stored before, or appears twice in one commit. `test`: recorded, never acted on. */
export type AcceptStatus = 'accepted' | 'duplicate' | 'test'
