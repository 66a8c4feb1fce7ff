import type { Actor } from '../domain/actor.ts'
import type { Inbox } from '../inbox/inbox.ts'
import { hashInput } from '../platform/keyed-hash.ts'
import type { EventQueue } from '../queue/event-queue.ts'

export interface CommandParts {
  inbox: Pick<Inbox, 'acceptCommand' | 'setTimer'>
  queue: Pick<EventQueue, 'add'>
  /** 32 bytes: keys the hashes that stand for a request. */
  encryptionKey: Buffer
}

/**
 * Gives a command to the inbox, and its job to the queue at once; what the queue does not take, the dispatcher brings within 15 s. Safe to
 * repeat with the same key. @throws IdempotencyKeyReusedError for other data
 */
export async function giveCommand(
  { inbox, queue, encryptionKey }: CommandParts,
  what: { kind: string; streamId: string; identityId: string },
  { idempotencyKey, actor, ...input }: { idempotencyKey: string; actor: Actor },
): Promise<void> {
  const hashes = hashInput(encryptionKey, { purpose: what.kind, idempotencyKey, input })
  const accepted = await inbox.acceptCommand({ ...what, hashes, requestedBy: actor.name })
  await queue.add([accepted.command.event]).catch(() => undefined)
}
