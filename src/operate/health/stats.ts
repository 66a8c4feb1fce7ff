import type { Pool } from 'pg'
import type { EventReads } from '../../inbox/read-events.ts'
import type { NoticeCounts } from '../../ledger/count-onboardings.ts'
import type { OnboardingReads } from '../../ledger/read-onboardings.ts'
import type { UpstreamPace } from '../../paxos/upstream-pace.ts'
import { readCanary } from '../../queue/canary.ts'
import type { KeyUseCases } from '../access/webhook-keys.ts'
import type { Problem } from '../problems/problem.ts'
import type { Stats } from '../use-cases.ts'
import { estimateBacklog } from './upstream-outlook.ts'

interface Parts {
  pool: Pool
  onboardings: OnboardingReads
  events: EventReads
  pace: UpstreamPace
  problems: () => Promise<Problem[]>
  listKeys: KeyUseCases['listKeys']
  now: () => number
}

/** Counts of events, onboardings and notifications, and the oldest unfinished event. */
export async function readStats({ onboardings, events, pool, pace, problems, listKeys, now }: Parts): Promise<Stats> {
  const [inbox, states, notices, pulse, canary, found, webhookKeys] = await Promise.all([
    events.count(),
    onboardings.countStates(),
    countNotices({ onboardings, events }),
    events.pulse(),
    readCanary(pool),
    problems(),
    listKeys(),
  ])
  const { accepted, processed, parked, dead, test, dismissed, duplicates } = inbox
  const { lockedForSeconds, etaSeconds } = await estimateBacklog(pace, accepted)
  return {
    inbox: { accepted, processed, parked, dead, test, dismissed, duplicates },
    onboardings: states,
    notices,
    oldestUnfinishedSeconds: pulse.oldestUnfinishedAt && Math.max(0, Math.round((now() - pulse.oldestUnfinishedAt.getTime()) / 1_000)),
    lastWebhookAt: pulse.lastWebhookAt,
    canary: { seenAt: canary.seenAt, sinceSeenSeconds: wholeSeconds(canary.sinceSeenMs), waitingSeconds: wholeSeconds(canary.waitingMs) },
    upstream: { lockedForSeconds, backlogSeconds: etaSeconds },
    webhookKeys,
    alarms: found.filter(({ kind }) => kind === 'key-demoted'),
  }
}

/** A refused notification is retried, so its effect stays intended. Only its event records that the last answer was a refusal. */
async function countNotices({ onboardings, events }: Pick<Parts, 'onboardings' | 'events'>): Promise<NoticeCounts> {
  const [notices, identityIds] = await Promise.all([onboardings.countNotices(), events.failingWith('NOTICE_REFUSED')])
  const refused = Math.min(notices.pending, await onboardings.countIntendedNotices(identityIds))
  return { ...notices, failed: notices.failed + refused, pending: notices.pending - refused }
}

function wholeSeconds(ms: number | null): number | null {
  return ms === null ? null : Math.max(0, Math.round(ms / 1_000))
}
