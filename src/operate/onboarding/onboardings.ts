import type { Pool } from 'pg'
import type { EventReads, EventRecord } from '../../inbox/read-events.ts'
import type { OnboardingRecord } from '../../ledger/onboarding-record.ts'
import { readAccountEntries } from '../../ledger/read-accounts.ts'
import { readAttempts } from '../../ledger/read-attempts.ts'
import type { OnboardingReads } from '../../ledger/read-onboardings.ts'
import { accountLines } from '../accounts/account-timeline.ts'
import type { Perform } from '../audited.ts'
import { viewEvents } from '../events/events.ts'
import { explainWaiting, type Unread } from '../events/explain-waiting.ts'
import { mergeTimeline } from '../events/timeline.ts'
import { told } from '../events/waiting.ts'
import { type Problem, stopsTheBacklog } from '../problems/problem.ts'
import { sayOutstanding } from '../say/say-outstanding.ts'
import type { OnboardingStory, OnboardingUseCases, OnboardingView, OperatorActions } from '../use-cases.ts'
import { customerMessage } from './customer-message.ts'

interface Parts {
  pool: Pool
  onboardings: OnboardingReads
  events: EventReads
  actions: Pick<OperatorActions, 'createOnboarding' | 'findCommand'>
  perform: Perform
  problems: () => Promise<Problem[]>
  now: () => number
}

type Reads = Pick<Parts, 'onboardings' | 'events' | 'problems' | 'now'>

/** Onboardings: lists, the details of one, and creating one. */
export function onboardingUseCases(parts: Parts): OnboardingUseCases {
  const { onboardings, events, actions, perform } = parts
  return {
    listOnboardings: async ({ q, ...query }) => {
      const alsoIdentityIds = q ? await events.identitiesByEvent(q) : []
      const page = await onboardings.list({ ...query, q, alsoIdentityIds })
      return { ...page, items: await explainAll(parts, page.items) }
    },
    getOnboarding: (id) => tellStory(parts, id),
    getCommand: (id) => actions.findCommand(id),
    createOnboarding: (order, actor) =>
      perform(
        actor,
        {
          action: 'onboarding.create',
          target: 'onboarding', // not the caller's key: it may be an e-mail address, and the audit is permanent
          reason: null,
          entry: 'after',
          result: (made) =>
            made.kind === 'opened'
              ? { target: made.identityId, data: { created: made.created } }
              : { target: `command:${made.commandId}`, data: { created: false } },
        },
        () => actions.createOnboarding({ ...order, requestedBy: actor.name }),
      ),
  }
}

async function explainAll({ events, problems, now }: Reads, records: readonly OnboardingRecord[]): Promise<OnboardingView[]> {
  const open = Map.groupBy(await events.openOf(records.map(({ identityId }) => identityId)), ({ identityId }) => identityId)
  const moment = { now: new Date(now()), unread: await readUnread({ events, problems }, records) }
  return records.map((record) => view(record, open.get(record.identityId) ?? [], moment))
}

function view(record: OnboardingRecord, open: readonly EventRecord[], moment: { now: Date; unread: Unread }): OnboardingView {
  return {
    ...record,
    ...told(explainWaiting(record, open, moment), moment.now),
    outstanding: sayOutstanding(record.statusDetails),
    customerMessage: customerMessage(record),
  }
}

/** Read only if a customer waits for Paxos's decision. */
async function readUnread({ events, problems }: Pick<Reads, 'events' | 'problems'>, records: readonly OnboardingRecord[]): Promise<Unread> {
  if (!records.some(({ state }) => state === 'pending')) return { events: 0, because: null }
  const unread = await events.countUnread()
  if (unread === 0) return { events: 0, because: null }
  return { events: unread, because: (await problems()).find(stopsTheBacklog)?.sentence ?? null }
}

/** Customers that Paxos approved and that are not ready, longest wait first. */
export async function listLongestApproved(reads: Reads, limit: number): Promise<OnboardingView[]> {
  return explainAll(reads, await reads.onboardings.longestApproved(limit))
}

async function tellStory(reads: Reads & Pick<Parts, 'pool'>, id: string): Promise<OnboardingStory | null> {
  const { pool, onboardings, events } = reads
  const record = await onboardings.find(id)
  if (!record) return null
  const { identityId } = record
  const [entries, heard, unread, effectAttempts, ofAccounts] = await Promise.all([
    onboardings.entries(identityId),
    events.ofIdentity(identityId),
    readUnread(reads, [record]),
    readAttempts(pool, identityId),
    readAccountEntries(pool, identityId),
  ])
  const open = heard.filter(({ state }) => state === 'accepted' || state === 'parked' || state === 'dead')
  const now = new Date(reads.now())
  return {
    ...view(record, open, { now, unread }),
    entries,
    events: await viewEvents(pool, heard, now),
    timeline: mergeTimeline(entries, heard, { effects: record.effects, more: accountLines(ofAccounts) }),
    effectAttempts,
  }
}
