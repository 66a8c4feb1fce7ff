import type { Pool, PoolClient } from 'pg'
import { createGroupCommitter } from '../platform/group-committer.ts'
import { type AcceptorOptions, createEventAcceptor, type EventAcceptor } from './accept-events.ts'
import { acceptCommand, type Command, findCommand, type NewCommand } from './commands.ts'
import { type Completion, claimDueEvents, completeEvents, type OpenEvent, recordStrike, reopenEvents } from './complete-events.ts'
import { createCauseBook, type FailureCause } from './failure-cause.ts'
import { countEvents, type EventCounts, type InboxRow, loadEvents } from './load-events.ts'
import { type Proof, type Proven, proveEvents } from './prove-events.ts'
import { cancelTimer, type SetTimers, setTimers, type Timer } from './timers.ts'
import { splitFromBatches, type WaitingRow, waitingEvents } from './waiting-events.ts'

export type { InboxRow } from './load-events.ts'

export interface InboxOptions extends AcceptorOptions {
  /** For everything but accepting, which has connections of its own. The caller ends it. */
  pool: Pool
}

/**
 * Received events and their outcomes: one row per event id, for any number of deliveries. Concurrent callers share statements and commits
 * for accepting, loading and completing. Rejects when Postgres does not answer.
 */
export interface Inbox extends EventAcceptor {
  /** The stored event; null for an unknown seq. */
  load(seq: string): Promise<InboxRow | null>
  /** Resolves after the commit with whether the event was still unfinished, so that this call completed it. */
  complete(completion: Completion): Promise<boolean>
  /** Stores a cause of failure once. Resolves with the cause's id. */
  keepCause(cause: FailureCause): Promise<string>
  /** Claims due events for the queue. Each is due again a minute later unless it is completed. */
  claimDue(options: { limit: number }): Promise<OpenEvent[]>
  /** Opens events again with a new generation, inside `transaction` if given. Test events stay unchanged. */
  reopen(seqs: readonly string[], options: { authority: 'machine' | 'operator'; transaction?: PoolClient }): Promise<OpenEvent[]>
  /** Stores what List Events showed of these events, and opens those again that were parked as unknown to Paxos. */
  prove(proofs: readonly Proof[]): Promise<Proven>
  /** Events that wait for confirmation: the oldest and the newest, at most `limit`. */
  waiting(limit: number): Promise<WaitingRow[]>
  /** Takes unfinished events out of their shared jobs. Returns the jobs of their own. */
  splitFromBatches(eventIds: readonly string[]): Promise<OpenEvent[]>
  /** Counts a strike durably before the event is worked on alone. Returns the new number. */
  recordStrike(seq: string): Promise<number>
  /** Commits a command, or finds the one with the same Idempotency-Key. @throws IdempotencyKeyReusedError */
  acceptCommand(command: NewCommand): Promise<{ command: Command; fresh: boolean }>
  findCommand(id: string): Promise<Command | null>
  /** Sets a timer of a stream. A waiting timer of that name stays unchanged. */
  setTimer(timer: Timer): Promise<void>
  /** Sets many different timers in one statement. `reopen` (by default all): which ended ones are opened again. Resolves with those that it set. */
  setTimers(timers: readonly Timer[], options?: SetTimers): Promise<OpenEvent[]>
  cancelTimer(timer: Pick<Timer, 'streamId' | 'name'>): Promise<void>
  count(): Promise<EventCounts>
}

const MAX_BATCH = 200
const MAX_WAITING = 20_000

export function createInbox({ pool, ...acceptorOptions }: InboxOptions): Inbox {
  const acceptor = createEventAcceptor(acceptorOptions)
  const loads = createGroupCommitter({
    maxBatch: MAX_BATCH,
    maxWaiting: MAX_WAITING,
    writers: 2,
    write: (seqs: string[]) => loadEvents(pool, seqs),
  })
  const completions = createGroupCommitter({
    maxBatch: MAX_BATCH,
    maxWaiting: MAX_WAITING,
    writers: 2,
    write: (batch: Completion[]) => completeEvents(pool, batch),
  })
  return {
    accept: acceptor.accept,
    checkAccepting: acceptor.checkAccepting,
    load: loads.submit,
    complete: completions.submit,
    keepCause: createCauseBook(pool),
    claimDue: (options) => claimDueEvents(pool, options),
    reopen: (seqs, { authority, transaction }) => reopenEvents(transaction ?? pool, seqs, { authority }),
    prove: (proofs) => proveEvents(pool, proofs),
    waiting: (limit) => waitingEvents(pool, limit),
    splitFromBatches: (eventIds) => splitFromBatches(pool, eventIds),
    recordStrike: (seq) => recordStrike(pool, seq),
    acceptCommand: (command) => acceptCommand(pool, command),
    findCommand: (id) => findCommand(pool, id),
    setTimer: async (timer) => void (await setTimers(pool, [timer])),
    setTimers: (timers, options) => setTimers(pool, timers, options),
    cancelTimer: (timer) => cancelTimer(pool, timer),
    count: () => countEvents(pool),
    close: async () => {
      await Promise.all([acceptor.close(), loads.close(), completions.close()])
    },
  }
}
