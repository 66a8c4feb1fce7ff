import type { Pool, PoolClient } from 'pg'
import { createGroupCommitter } from '../platform/group-committer.ts'
import { type AcceptorOptions, createEventAcceptor, type EventAcceptor } from './accept-events.ts'
import { acceptCommand, type Command, findCommand, type NewCommand } from './commands.ts'
import { type Completion, claimDueEvents, completeEvents, type OpenEvent, recordStrike, reopenEvents } from './complete-events.ts'
import { createCauseBook, type FailureCause } from './failure-cause.ts'
import { countEvents, type EventCounts, type InboxRow, loadEvents } from './load-events.ts'
import { type Proof, type Proven, proveEvents } from './prove-events.ts'
import { cancelTimer, setTimers, type Timer } from './timers.ts'
import { splitFromBatches, type WaitingRow, waitingEvents } from './waiting-events.ts'

export type { InboxRow } from './load-events.ts'

export interface InboxOptions extends AcceptorOptions {
  /** For everything but accepting, which has connections of its own. The caller ends it. */
  pool: Pool
}

/**
 * What was received and what became of it: one row per event id, whatever the number of deliveries. Accepting, loading and completing
 * share statements and commits between concurrent callers. Rejects when Postgres does not answer.
 */
export interface Inbox extends EventAcceptor {
  /** The event as stored now; null where there is none. */
  load(seq: string): Promise<InboxRow | null>
  /** Resolves after the commit: whether the event was still unfinished, so that this completed it. */
  complete(completion: Completion): Promise<boolean>
  /** Keeps why an event failed, once for each cause; resolves to the cause's id. */
  keepCause(cause: FailureCause): Promise<string>
  /** Takes events that are due, for the queue; each comes due again a minute later unless it is completed. */
  claimDue(options: { limit: number }): Promise<OpenEvent[]>
  /** Opens events again, with a new generation, as part of `transaction` where one is given; test events stay as they are. */
  reopen(seqs: readonly string[], options: { authority: 'machine' | 'operator'; transaction?: PoolClient }): Promise<OpenEvent[]>
  /** Keeps what List Events showed of these events, and opens those again that were parked as unknown to Paxos. */
  prove(proofs: readonly Proof[]): Promise<Proven>
  /** What waits for its confirmation: the oldest and the newest, at most `limit`. */
  waiting(limit: number): Promise<WaitingRow[]>
  /** Takes unfinished events out of the jobs that they share; returns the jobs of their own. */
  splitFromBatches(eventIds: readonly string[]): Promise<OpenEvent[]>
  /** Counts, durably and before the work, that the event is about to be worked on alone; returns the new number. */
  recordStrike(seq: string): Promise<number>
  /** Commits a command, or finds the one under the same Idempotency-Key. @throws IdempotencyKeyReusedError */
  acceptCommand(command: NewCommand): Promise<{ command: Command; fresh: boolean }>
  findCommand(id: string): Promise<Command | null>
  /** Sets a timer of a stream; one of that name that still waits stays as it is. */
  setTimer(timer: Timer): Promise<void>
  /** Likewise many different ones, in one statement. `reopen` (default true): a timer that has ended is opened again. */
  setTimers(timers: readonly Timer[], options?: { reopen: boolean }): Promise<void>
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
    setTimer: (timer) => setTimers(pool, [timer]),
    setTimers: (timers, options) => setTimers(pool, timers, options),
    cancelTimer: (timer) => cancelTimer(pool, timer),
    count: () => countEvents(pool),
    close: async () => {
      await Promise.all([acceptor.close(), loads.close(), completions.close()])
    },
  }
}
