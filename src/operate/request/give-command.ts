import type { Actor } from '../../domain/actor.ts'
import type { Inbox } from '../../inbox/inbox.ts'
import { hashInput } from '../../platform/keyed-hash.ts'
import type { EventQueue } from '../../queue/event-queue.ts'

export interface CommandParts {
  inbox: Pick<Inbox, 'acceptCommand' | 'setTimer'>
  queue: Pick<EventQueue, 'add'>
  /** 32 bytes: the key for the hashes of requests. */
  encryptionKey: Buffer
}

/**
 * Stores a command in the inbox and puts its job on the queue. If the queue does not take the job, the dispatcher adds it within 15 s. Safe to
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
