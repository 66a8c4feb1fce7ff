import { createHash, randomUUID } from 'node:crypto'
import type { ReceivedEvent } from '../../src/inbox/received-event.ts'

/** An invented delivery with these fields. */
export function receivedEvent(given: Partial<ReceivedEvent> = {}): ReceivedEvent {
  return {
    eventId: randomUUID(),
    type: 'identity.approved',
    occurredAt: new Date('2026-03-02T09:15:30.123Z'),
    isTest: false,
    origin: 'webhook',
    bodySha256: createHash('sha256').update('an invented body').digest('hex'),
    ...given,
  }
}
