import type { Attempt } from '../../src/domain/effect.ts'
import type { Completion } from '../../src/inbox/complete-events.ts'
import { causeIdOf } from '../../src/inbox/failure-cause.ts'
import type { InboxRow } from '../../src/inbox/inbox.ts'
import type { Change, Stored } from '../../src/ledger/change.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import type { Notice, NoticeChannel } from '../../src/notify/notice.ts'
import type { AccountsOfPaxos, PaxosAccount } from '../../src/paxos/accounts.ts'
import type { ConfirmationReader } from '../../src/paxos/confirmation-reader.ts'
import type { PaxosEvent } from '../../src/paxos/events.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'
import { createLogger } from '../../src/platform/logger.ts'
import type { EventJob } from '../../src/queue/event-jobs.ts'
import type { EventHandler } from '../../src/queue/event-worker.ts'
import { type OnboardingParts, onboardingRoute, readIdentityRoute } from '../../src/saga/onboarding-route.ts'
import { createEventProcessor, workNow } from '../../src/saga/process-event.ts'
import type { ProcessInbox, ProcessParts } from '../../src/saga/process-parts.ts'
import { acceptedRow } from '../support/accepted-row.ts'
import { commitInMemory } from '../support/commit-in-memory.ts'

export const IDENTITY = '7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10'
export const ACCOUNT = 'e1c5d0b2-63a1-4d57-8d9e-5f2b8f0c9b31'
export const PROFILE = 'a9d2c7f4-0d1b-4a2e-9c55-6a1a2b3c4d5e'
export const RECEIVED_AT = 1_000_000

/** A part that a test may replace to make it fail. */
type Changeable<T> = { -readonly [Name in keyof T]: T[Name] }

/**
 * One event, one identity and everything around the saga in memory, for cases that real stores produce only by chance: a lost race, an
 * outage between two commits, a late answer. A test may replace each part. Every call is recorded.
 */
export interface MemoryWorld {
  handle: EventHandler
  /** Works on the event as the API does with its commands. */
  workNow: (job: EventJob) => Promise<void>
  job: EventJob
  row: InboxRow
  stored: Stored | null
  now: number
  status: string
  /** The status at Paxos. */
  event: PaxosEvent
  accounts: PaxosAccount[]
  inbox: Changeable<ProcessInbox>
  ledger: Changeable<Pick<Ledger, 'load' | 'commit' | 'keepAttempts'>>
  paxos: Changeable<AccountsOfPaxos>
  reader: Changeable<Pick<ConfirmationReader, 'event' | 'identity' | 'unused'>>
  /** Whether the budget has room for a call. */
  room: PaxosClient['room']
  /** Events whose status served nothing. */
  unused: string[]
  send: NoticeChannel['send']
  /** Calls to Paxos with their priority, and notices, in order. */
  calls: string[]
  notices: Notice[]
  changes: Change[]
  /** The codes of failed attempts that are tried again. */
  attempts: Attempt[]
  completions: Completion[]
  ended: { end: string; sinceReceivedMs: number }[]
  retries: string[]
}

export function createMemoryWorld({
  unknownIdentities = 'adopt',
  ...options
}: Partial<Pick<OnboardingParts, 'unknownIdentities'> & Pick<ProcessParts, 'random' | 'unknown' | 'logger' | 'keys'>> = {}): MemoryWorld {
  const at = new Date(RECEIVED_AT)
  const called = (operation: string, { priority }: { priority?: string } = {}): void => void world.calls.push(`${operation} ${priority}`)
  const world: MemoryWorld = {
    handle: () => Promise.reject(new Error('set below')),
    workNow: () => Promise.reject(new Error('set below')),
    job: { seq: '7', generation: 0, batch: null },
    row: acceptedRow({ seq: '7', eventId: 'event-7', at }),
    stored: null,
    now: RECEIVED_AT + 500,
    status: 'APPROVED',
    event: {
      id: 'event-7',
      type: 'identity.approved',
      createdAt: at.toISOString(),
      undeliveredWebhooks: 0,
      identityId: IDENTITY,
      oldStatus: 'PENDING',
      newStatus: 'APPROVED',
      transferId: null,
      requiredDocuments: [],
      nextKycRefreshDate: null,
    },
    accounts: [],
    inbox: {
      load: async (seq) => (seq === world.row.seq ? { ...world.row } : null),
      complete: async (completion) => {
        world.completions.push(completion)
        const { seq: _, generation: __, ...end } = completion
        Object.assign(world.row, end, end.state === 'accepted' ? { strikes: 0 } : {})
        return true
      },
      keepCause: async (cause) => causeIdOf(cause),
      recordStrike: async () => {
        world.row.strikes += 1
        return world.row.strikes
      },
    },
    ledger: {
      load: async () => world.stored,
      commit: async (change) => {
        const next = commitInMemory(world.stored, change)
        if (!next) return null
        world.changes.push(change)
        world.stored = next
        if (change.completion) Object.assign(world.row, { state: 'processed', outcome: change.completion.outcome })
        return next
      },
      keepAttempts: async (_, attempts) => void world.attempts.push(...attempts),
    },
    paxos: {
      create: async ({ identityId, refId, type }, asked) => {
        called('create', asked)
        const account = { id: ACCOUNT, identityId, refId, profileId: PROFILE, type }
        world.accounts.push(account)
        return account
      },
      get: async (id, asked) => {
        called(`get ${id}`, asked)
        return world.accounts.find((account) => account.id === id)!
      },
      pagesOfAll: async function* () {},
      addMembers: () => Promise.reject(new Error('no member is added here')),
      removeMember: () => Promise.reject(new Error('no member is removed here')),
      disable: () => Promise.reject(new Error('no account is disabled here')),
      listOfIdentity: async (_, asked) => {
        called('list', asked)
        return world.accounts
      },
    },
    reader: {
      event: async (id, when, asked) => {
        called(`event ${id} of ${when}`, asked)
        return world.event
      },
      identity: async (id, when, asked) => {
        called(`identity of ${when}`, asked)
        return { id, refId: null, status: world.status, activeControls: [], createdAt: '', updatedAt: '' }
      },
      unused: (id) => void world.unused.push(id),
    },
    room: async () => {},
    unused: [],
    send: async () => ({ status: 204 }),
    calls: [],
    notices: [],
    changes: [],
    attempts: [],
    completions: [],
    ended: [],
    retries: [],
  }
  const onboardings: OnboardingParts = {
    ledger: world.ledger as Ledger,
    paxos: {
      accounts: world.paxos,
      identities: {
        get: async (id: string, asked?: { priority?: string }) => {
          called(`identity ${id}`, asked)
          return { status: world.status }
        },
      },
      room: (...given: Parameters<PaxosClient['room']>) => world.room(...given),
    } as unknown as PaxosClient, // no other call is made
    notices: {
      name: 'memory',
      send: (notice) => {
        world.notices.push(notice)
        return world.send(notice)
      },
      close: async () => {},
    },
    unknownIdentities,
    inbox: null,
    now: Date.now,
  }
  const parts: ProcessParts = {
    inbox: world.inbox,
    reader: world.reader as ConfirmationReader,
    routes: [onboardingRoute(onboardings)],
    ownRoutes: [readIdentityRoute(onboardings)],
    logger: createLogger({ level: 'silent' }),
    metrics: {
      ended: (end, sinceReceivedMs) => world.ended.push({ end, sinceReceivedMs }),
      willRetry: (code) => world.retries.push(code),
    },
    random: () => 0,
    now: () => world.now,
    ...options,
  }
  world.handle = createEventProcessor(parts)
  world.workNow = workNow(parts)
  return world
}

/** Runs the event's job as the queue does the first time. */
export const work = (world: MemoryWorld, rescues = 0): ReturnType<EventHandler> => world.handle(world.job, { rescues })

/** Reopens the event as an operator does. */
export function reopen(world: MemoryWorld, authority: InboxRow['authority'] = 'machine'): void {
  const generation = world.row.generation + 1
  Object.assign(world.row, { state: 'accepted', generation, attempts: 0, unknownOutcomes: 0, strikes: 0, authority })
  Object.assign(world.job, { generation })
}
