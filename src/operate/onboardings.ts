import type { EventReads } from '../inbox/read-events.ts'
import type { OnboardingReads, OnboardingRecord } from '../ledger/read-onboardings.ts'
import type { Perform } from './audited.ts'
import { viewEvent } from './events.ts'
import { explainWaiting } from './explain-waiting.ts'
import { mergeTimeline } from './timeline.ts'
import type { OnboardingStory, OnboardingUseCases, OnboardingView, OperatorActions } from './use-cases.ts'

interface Parts {
  onboardings: OnboardingReads
  events: EventReads
  actions: Pick<OperatorActions, 'createOnboarding'>
  perform: Perform
  now: () => number
}

/** Customers: lists, the story of one, and opening a new one. */
export function onboardingUseCases({ onboardings, events, actions, perform, now }: Parts): OnboardingUseCases {
  return {
    listOnboardings: async ({ q, ...query }) => {
      const alsoIdentityIds = q ? await events.identitiesByEvent(q) : []
      const page = await onboardings.list({ ...query, q, alsoIdentityIds })
      return { ...page, items: await explainAll(events, page.items, new Date(now())) }
    },
    getOnboarding: (identityId) => tellStory({ onboardings, events }, identityId, new Date(now())),
    createOnboarding: (order, actor) =>
      perform(
        actor,
        {
          action: 'onboarding.create',
          target: order.idempotencyKey,
          reason: null,
          entry: 'after',
          result: ({ identityId, created }) => ({ target: identityId, data: { idempotencyKey: order.idempotencyKey, created } }),
        },
        () => actions.createOnboarding({ ...order, requestedBy: actor.name }),
      ),
  }
}

async function explainAll(events: EventReads, records: readonly OnboardingRecord[], now: Date): Promise<OnboardingView[]> {
  const open = Map.groupBy(await events.openOf(records.map(({ identityId }) => identityId)), ({ identityId }) => identityId)
  return records.map((record) => ({ ...record, waitingFor: explainWaiting(record, open.get(record.identityId) ?? [], now) }))
}

/** Customers that Paxos has approved and that are not ready, longest first. */
export async function listLongestApproved(
  { onboardings, events, now }: Pick<Parts, 'onboardings' | 'events' | 'now'>,
  limit: number,
): Promise<OnboardingView[]> {
  return explainAll(events, await onboardings.longestApproved(limit), new Date(now()))
}

async function tellStory(
  { onboardings, events }: Pick<Parts, 'onboardings' | 'events'>,
  identityId: string,
  now: Date,
): Promise<OnboardingStory | null> {
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
