import type { Pool } from 'pg'
import { type AuditDeed, appendAudit, listAudit, verifyAudit } from '../audit/audit.ts'
import { type EventReads, type EventRecord, readEvents } from '../inbox/read-events.ts'
import { type OnboardingReads, type OnboardingRecord, readOnboardings } from '../ledger/read-onboardings.ts'
import { verifyLedger } from '../ledger/verify-ledger.ts'
import type { UpstreamPace } from '../paxos/upstream-pace.ts'
import { errorCode } from '../platform/app-error.ts'
import { createPrisma } from '../platform/postgres/prisma.ts'
import { readCanary } from '../queue/canary.ts'
import { listReplays } from '../replay/list-replays.ts'
import type { ReplayView } from '../replay/replay.ts'
import { explainEvent, explainWaiting } from './explain-waiting.ts'
import { mergeTimeline } from './timeline.ts'
import { estimateBacklog, estimateReplay } from './upstream-outlook.ts'
import type { EventView, OnboardingStory, OnboardingView, OperatorActions, OperatorUseCases, ReplayStory, Stats } from './use-cases.ts'

export interface UseCaseParts {
  /** The caller ends it. */
  pool: Pool
  /** The sagas and replays behind what changes something. */
  actions: OperatorActions
  pace: UpstreamPace
  /** Milliseconds since 1970. */
  now: () => number
}

/**
 * The use cases over one database. Every action is audited here, so that no way in can forget it: an approval before it runs
 * (its reason must not be lost with the process), the others once they are done, and each that fails with its error code.
 */
export function createUseCases({ pool, actions, pace, now }: UseCaseParts): OperatorUseCases {
  const prisma = createPrisma(pool)
  const onboardings = readOnboardings(prisma)
  const events = readEvents({ prisma, pool })
  const record: RecordDeed = async (deed) => void (await appendAudit(pool, deed, today()))
  const today = (): Date => new Date(now())
  const estimate = async (replay: ReplayView): Promise<ReplayStory> => {
    const { accepted } = await events.count()
    return { ...replay, upstream: await estimateReplay(pace, replay, accepted) }
  }
  const deeds = auditActions(actions, record)
  return {
    listOnboardings: async ({ q, ...query }) => {
      const alsoIdentityIds = q ? await events.identitiesByEvent(q) : []
      const page = await onboardings.list({ ...query, q, alsoIdentityIds })
      return { ...page, items: await explainAll(events, page.items, today()) }
    },
    getOnboarding: async (identityId) => tellStory({ onboardings, events, identityId, now: today() }),
    listEvents: async (query) => {
      const page = await events.list(query)
      return { ...page, items: page.items.map((event) => viewEvent(event, today())) }
    },
    getEvent: async (eventId) => {
      const event = await events.find(eventId)
      return event && viewEvent(event, today())
    },
    stats: () => readStats({ onboardings, events, pool, pace, now }),
    listReplays: (query) => listReplays(pool, query),
    verifyLedger: ({ identityId }) => verifyLedger(pool, identityId === undefined ? {} : { identityId }),
    listAudit: (query) => listAudit(pool, query),
    verifyAudit: (options) => verifyAudit(pool, options),
    createOnboarding: deeds.createOnboarding,
    planReplay: async (filter, by) => estimate(await deeds.planReplay(filter, by)),
    approveReplay: async (id, approval) => estimate(await deeds.approveReplay(id, approval)),
    getReplay: async (id) => {
      const replay = await deeds.getReplay(id)
      return replay && estimate(replay)
    },
  }
}

type RecordDeed = (deed: AuditDeed) => Promise<void>

function auditActions(actions: OperatorActions, record: RecordDeed): OperatorActions {
  return {
    getReplay: actions.getReplay,
    createOnboarding: async (order) => {
      const deed = { operator: order.requestedBy, action: 'onboarding.create', reason: null }
      const key = { idempotencyKey: order.idempotencyKey }
      return audited(record, { ...deed, target: order.idempotencyKey, data: {} }, async () => {
        const made = await actions.createOnboarding(order)
        await record({ ...deed, target: made.identityId, data: { ...key, created: made.created } })
        return made
      })
    },
    planReplay: async (filter, by) => {
      const deed = { operator: by, action: 'replay.plan', reason: null }
      return audited(record, { ...deed, target: 'replay', data: { filter } }, async () => {
        const replay = await actions.planReplay(filter, by)
        await record({
          ...deed,
          target: replay.id,
          data: { filter: replay.filter, planHash: replay.planHash, counts: replay.counts },
        })
        return replay
      })
    },
    approveReplay: async (id, approval) => {
      const deed = { operator: approval.by, action: 'replay.approve', target: id, reason: approval.reason, data: {} }
      await record(deed)
      return audited(record, deed, () => actions.approveReplay(id, approval))
    },
  }
}

/** Does it; when it fails, the audit says so too, unless the audit itself cannot be written: the first error is the one to know. */
async function audited<Result>(record: RecordDeed, deed: AuditDeed, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act()
  } catch (error) {
    await record({ ...deed, action: `${deed.action}.failed`, data: { ...deed.data, code: errorCode(error) } }).catch(() => undefined)
    throw error
  }
}

async function explainAll(events: EventReads, records: readonly OnboardingRecord[], now: Date): Promise<OnboardingView[]> {
  const open = Map.groupBy(await events.openOf(records.map(({ identityId }) => identityId)), ({ identityId }) => identityId)
  return records.map((record) => ({ ...record, waitingFor: explainWaiting(record, open.get(record.identityId) ?? [], now) }))
}

async function tellStory({
  onboardings,
  events,
  identityId,
  now,
}: {
  onboardings: OnboardingReads
  events: EventReads
  identityId: string
  now: Date
}): Promise<OnboardingStory | null> {
  const record = await onboardings.find(identityId)
  if (!record) return null
  const [entries, heard] = await Promise.all([onboardings.entries(identityId), events.ofIdentity(identityId)])
  const open = heard.filter(({ state }) => state === 'accepted' || state === 'parked' || state === 'dead')
  return {
    ...record,
    waitingFor: explainWaiting(record, open, now),
    entries,
    events: heard.map((event) => viewEvent(event, now)),
    timeline: mergeTimeline(entries, heard),
  }
}

function viewEvent(event: EventRecord, now: Date): EventView {
  return { ...event, nextAttemptBy: event.state === 'accepted' ? event.dueAt : null, waitingFor: explainEvent(event, now) }
}

async function readStats({
  onboardings,
  events,
  pool,
  pace,
  now,
}: {
  onboardings: OnboardingReads
  events: EventReads
  pool: Pool
  pace: UpstreamPace
  now: () => number
}): Promise<Stats> {
  const [inbox, states, notices, pulse, canary] = await Promise.all([
    events.count(),
    onboardings.countStates(),
    onboardings.countNotices(),
    events.pulse(),
    readCanary(pool),
  ])
  const { accepted, processed, parked, dead, test, duplicates } = inbox
  const { lockedForSeconds, etaSeconds } = await estimateBacklog(pace, accepted)
  return {
    inbox: { accepted, processed, parked, dead, test, duplicates },
    onboardings: states,
    notices,
    oldestUnfinishedSeconds: pulse.oldestUnfinishedAt && Math.max(0, Math.round((now() - pulse.oldestUnfinishedAt.getTime()) / 1_000)),
    lastWebhookAt: pulse.lastWebhookAt,
    canary: { seenAt: canary.seenAt, sinceSeenSeconds: wholeSeconds(canary.sinceSeenMs), waitingSeconds: wholeSeconds(canary.waitingMs) },
    upstream: { lockedForSeconds, backlogSeconds: etaSeconds },
  }
}

function wholeSeconds(ms: number | null): number | null {
  return ms === null ? null : Math.max(0, Math.round(ms / 1_000))
}
