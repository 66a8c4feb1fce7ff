import type { Actor } from '../../domain/actor.ts'
import type { Draft, Snapshot } from '../../domain/effect.ts'
import { IdempotencyKeyReusedError } from '../../inbox/commands.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import { type Answered, awaitAnswer } from './await-answer.ts'
import { type CommandParts, giveCommand } from './give-command.ts'

export interface OnceParts<S extends Snapshot, Found> extends CommandParts {
  ledger: Ledger<S>
  find: (id: string) => Promise<Found | null>
  /** Resolves once Paxos has answered, or after 5 s. */
  answered: Answered
  /** Milliseconds since 1970. */
  now: () => number
}

/** One request under an Idempotency-Key. */
export interface OnceRequest<S extends Snapshot, Found, Admitted> {
  /** The stream that it asks for. It follows from the key alone. */
  id: string
  idempotencyKey: string
  actor: Actor
  /** The fields in which an earlier request with the same key differs (A7). */
  differing: (known: Found) => readonly string[]
  /** What the stream is opened from. Sends nothing. Rejects if the customer may not request it now. */
  admit: () => Promise<Admitted>
  /** The stream, opened with its intent, and the command that moves it. */
  open: (admitted: Admitted, at: Date) => Opened<S>
}

interface Opened<S extends Snapshot> {
  draft: Draft<S>
  identityId: string
  /** The kind of the command, and what its hash is made of besides the key. */
  kind: string
  input: object
}

/**
 * Opens one stream for each Idempotency-Key: commits it with its intent, stores the command that calls Paxos, and waits up to 5 s for the
 * answer. The same key gives the same stream. @throws IdempotencyKeyReusedError naming the fields of a different request
 */
export async function requestOnce<S extends Snapshot, Found, Admitted>(
  parts: OnceParts<S, Found>,
  request: OnceRequest<S, Found, Admitted>,
): Promise<{ found: Found; created: boolean }> {
  const { id, idempotencyKey, actor } = request
  const known = await parts.find(id)
  if (known) {
    const fields = request.differing(known)
    if (fields.length > 0) throw new IdempotencyKeyReusedError(fields)
    return { found: known, created: false }
  }
  const admitted = await request.admit()
  const at = new Date(parts.now())
  const { draft, identityId, kind, input } = request.open(admitted, at)
  const committed = await parts.ledger.commit({ before: null, draft, actor: `${actor.kind}:${actor.name}`, at })
  if (!committed) return requestOnce(parts, request) // another request with the same key was faster; it counts if all fields are equal
  await giveCommand(parts, { kind, streamId: id, identityId }, { ...input, idempotencyKey, actor })
  return { found: await awaitAnswer(id, parts), created: true }
}
