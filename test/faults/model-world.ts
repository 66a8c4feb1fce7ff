import type { Entry } from '../../src/domain/effect.ts'
import { causeIdOf } from '../../src/inbox/failure-cause.ts'
import type { Inbox, InboxRow } from '../../src/inbox/inbox.ts'
import type { Change, Stored } from '../../src/ledger/change.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import type { Notice, NoticeChannel } from '../../src/notify/notice.ts'
import { NoticeOutcomeUnknownError, NoticeUnavailableError } from '../../src/notify/notice-errors.ts'
import type { PaxosAccount } from '../../src/paxos/accounts.ts'
import type { ConfirmationReader } from '../../src/paxos/confirmation-reader.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'
import { PaxosConflictError, PaxosOutcomeUnknownError, PaxosThrottledError, PaxosUnavailableError } from '../../src/paxos/paxos-errors.ts'
import type { Logger } from '../../src/platform/logger.ts'
import type { EventHandler } from '../../src/queue/event-worker.ts'
import { onboardingRoute } from '../../src/saga/onboarding-route.ts'
import { createEventProcessor } from '../../src/saga/process-event.ts'
import type { ProcessInbox } from '../../src/saga/process-parts.ts'
import { acceptedRow } from '../support/accepted-row.ts'
import { commitInMemory } from '../support/commit-in-memory.ts'
import { CallsInProgress, type Dice, type ModelProcess } from './model-schedule.ts'

/** What Paxos does with a second account under a known `ref_id`. With `nothing` it creates a second one, which Gatehouse must prevent. */
export type OnConflict = 'conflict' | 'conflict-bare' | 'return-existing' | 'nothing'

export const IDENTITY = 'identity'

/**
 * Paxos, the notification receiver, and our tables, in memory, with the rules that the real ones enforce: a change commits on its version
 * or not at all, a receipt is final, a finished event stays finished. The code under test is the real one.
 */
export class ModelWorld {
  readonly calls = new CallsInProgress()
  readonly events = new Map<string, { id: string; type: string }>()
  readonly rows = new Map<string, InboxRow>()
  /** `afterAbsence`: created after the ledger had suppressed it. */
  readonly accounts: (PaxosAccount & { afterAbsence: boolean })[] = []
  readonly creations: { refId: string; lookedUpBefore: boolean }[] = []
  readonly sends: { key: string; body: string; accountId: string | undefined; accounts: number }[] = []
  readonly entries: Entry[] = []
  readonly violations: string[] = []
  stored: Stored | null = null
  status = 'APPROVED'
  now = 1_000_000
  onConflict: OnConflict = 'conflict'
  #dice: Dice

  constructor(dice: Dice) {
    this.#dice = dice
  }

  /** A worker of Gatehouse on all of this. */
  startProcess(): ModelProcess & { handle: EventHandler } {
    const process = { alive: true, handle: undefined as unknown as EventHandler } // set in the next statement
    process.handle = createEventProcessor({
      inbox: this.#inbox(process),
      reader: this.#reader(process),
      routes: [
        onboardingRoute({
          ledger: this.#ledger(process),
          paxos: this.#paxos(process),
          notices: this.#notices(process),
          unknownIdentities: 'adopt',
          inbox: null,
          now: Date.now,
        }),
      ],
      logger: SILENT,
      metrics: { ended: () => {}, willRetry: () => {} },
      now: () => this.now,
      random: () => 0,
    })
    return process
  }

  accept(id: string, type: string): InboxRow {
    const known = this.rows.get(id)
    if (known) return known
    this.events.set(id, { id, type })
    const row = acceptedRow({ seq: String(this.rows.size + 1), eventId: id, type, at: new Date(this.now) })
    this.rows.set(id, row)
    return row
  }

  bySeq(seq: string): InboxRow | undefined {
    return [...this.rows.values()].find((row) => row.seq === seq)
  }

  #store<T>(process: ModelProcess, kind: 'read' | 'store', act: () => T): Promise<T> {
    return this.calls.make({ process, kind, act, failure: { notDone: databaseAway, lost: databaseAway } })
  }

  #inbox(process: ModelProcess): ProcessInbox {
    const complete = (completion: Parameters<Inbox['complete']>[0]): boolean => {
      const row = this.bySeq(completion.seq)
      if (row?.state !== 'accepted' || row.generation !== (completion.generation ?? row.generation)) return false
      const { state, attempts = row.attempts, unknownOutcomes = row.unknownOutcomes, outcome = row.outcome, dueAt = row.dueAt } = completion
      const { errorCode = null, errorDetail = null } = completion
      const strikes = state === 'accepted' ? 0 : row.strikes
      Object.assign(row, { state, attempts, unknownOutcomes, outcome, dueAt, errorCode, errorDetail, strikes })
      return true
    }
    return {
      load: (seq) => this.#store(process, 'read', () => ({ ...this.bySeq(seq) }) as InboxRow), // the schedule takes known ones only
      complete: (completion) => this.#store(process, 'store', () => complete(completion)),
      keepCause: (cause) => this.#store(process, 'store', () => causeIdOf(cause)),
      recordStrike: (seq) =>
        this.#store(process, 'store', () => {
          const row = this.bySeq(seq)
          if (row) row.strikes += 1
          return row?.strikes ?? 0
        }),
    }
  }

  #ledger(process: ModelProcess): Ledger {
    return {
      load: () => this.#store(process, 'read', () => this.stored),
      commit: (change) => this.#store(process, 'store', () => this.#commit(change)),
      keepAttempts: async () => {},
      versions: () => this.#store(process, 'read', () => new Map()), // no passes here
      close: async () => {},
    }
  }

  /** Like COMMIT_CHANGES: on the version of the decision, with everything or not at all. */
  #commit(change: Change): Stored | null {
    const { draft, completion } = change
    const next = commitInMemory(this.stored, change)
    if (!next) return null
    for (const done of this.stored?.effects.filter(({ state }) => state === 'done') ?? []) {
      const effect = draft.effects.find(({ step }) => step === done.step)
      if (effect?.state !== 'done' || effect.receipt !== done.receipt) this.violations.push(`the receipt of ${done.step} was changed`)
    }
    this.entries.push(...draft.entries)
    this.stored = next
    const row = completion && this.bySeq(completion.seq)
    if (row?.state === 'accepted' && completion) Object.assign(row, { state: 'processed', outcome: completion.outcome })
    return next
  }

  #outside<T>(process: ModelProcess, kind: 'read' | 'outside', operation: string, act: () => T): Promise<T> {
    return this.calls.make({
      process,
      kind,
      act,
      failure: {
        notDone: () =>
          this.#dice.chance(0.5)
            ? new PaxosUnavailableError({ operation })
            : new PaxosThrottledError({ operation, status: 429 }, { retryAfterMs: 1_000 }),
        lost: () => (kind === 'read' ? new PaxosUnavailableError({ operation }) : new PaxosOutcomeUnknownError({ operation })),
      },
    })
  }

  #reader(process: ModelProcess): ConfirmationReader {
    const blank = {
      createdAt: new Date(this.now).toISOString(),
      undeliveredWebhooks: 0,
      oldStatus: null,
      newStatus: null,
      transferId: null,
      requiredDocuments: [],
      nextKycRefreshDate: null,
    }
    return {
      event: (id) =>
        this.#outside(process, 'read', 'events.get', () => ({ ...blank, id, type: this.events.get(id)?.type ?? '', identityId: IDENTITY })),
      identity: (id) =>
        this.#outside(process, 'read', 'identities.get', () => ({
          id,
          refId: null,
          status: this.status,
          activeControls: [],
          createdAt: '',
          updatedAt: '',
        })),
      unused: () => {},
      close: async () => {},
    }
  }

  #paxos(process: ModelProcess): PaxosClient {
    /** Whether this worker has looked it up since its last request, which a second request requires. */
    let looked = false
    const accounts: Partial<PaxosClient['accounts']> = {
      create: ({ identityId, refId, type }) => {
        this.creations.push({ refId, lookedUpBefore: looked })
        looked = false
        return this.#outside(process, 'outside', 'accounts.create', () => this.#createAccount({ identityId, refId, type }))
      },
      get: (id) => this.#outside(process, 'read', 'accounts.get', () => this.accounts.find((account) => account.id === id) as PaxosAccount),
      listOfIdentity: () =>
        this.#outside(process, 'read', 'accounts.listOfIdentity', () => {
          looked = true
          return [...this.accounts]
        }),
    }
    return { accounts, room: async () => {} } as unknown as PaxosClient // nothing else is called here: the reader stands before events and identities
  }

  #createAccount({ identityId, refId, type }: { identityId: string; refId: string; type: string }): PaxosAccount {
    const existing = this.accounts.find((account) => account.refId === refId)
    if (existing && this.onConflict === 'return-existing') return existing
    if (existing && this.onConflict !== 'nothing') {
      const existingId = this.onConflict === 'conflict' ? existing.id : null
      throw new PaxosConflictError({ operation: 'accounts.create', status: 409 }, { existingId, duplicate: 'ref_id' })
    }
    const number = this.accounts.length + 1
    const account = { id: `account-${number}`, identityId, refId, profileId: `profile-${number}`, type }
    const afterAbsence = this.entries.some(({ kind, data }) => kind === 'effect.suppressed' && data.step === 'account')
    this.accounts.push({ ...account, afterAbsence })
    return account
  }

  #notices(process: ModelProcess): NoticeChannel {
    const receive = (notice: Notice): { status: number } => {
      const { key, ...rest } = notice
      this.sends.push({
        key,
        body: JSON.stringify(rest),
        accountId: typeof notice.data.accountId === 'string' ? notice.data.accountId : undefined,
        accounts: this.accounts.length,
      })
      return { status: 204 }
    }
    return {
      name: 'model',
      send: (notice) =>
        this.calls.make({
          process,
          kind: 'outside',
          act: () => receive(notice),
          failure: {
            notDone: () => new NoticeUnavailableError({ key: notice.key, answer: 503 }),
            lost: () => new NoticeOutcomeUnknownError({ key: notice.key, answer: 'ECONNRESET' }),
          },
        }),
      close: async () => {},
    }
  }
}

const databaseAway = (): Error => Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' })

const SILENT = { child: () => SILENT, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } as unknown as Logger
