import type { Effect } from '../effect.ts'
import type { NoticeKind, Snapshot } from './onboarding.ts'

/** What a notification of an onboarding says: ids and codes only, nothing that names a person. */
export interface OnboardingNotification {
  kind: `onboarding.${NoticeKind}`
  data: { identityId: string; refId: string | null; accountId?: string; profileId?: string; requiredDocuments?: string[] }
}

export function onboardingNotification({ onboarding }: Snapshot, effect: Effect): OnboardingNotification {
  const { identityId, refId, accountId, profileId, requiredDocuments } = onboarding
  const name = effect.name as NoticeKind // only `intendNotification` makes these effects
  return {
    kind: `onboarding.${name}`,
    data: {
      identityId,
      refId,
      ...((name === 'ready' || name === 'reactivated') && accountId && profileId ? { accountId, profileId } : {}),
      ...(name === 'documents_required' ? { requiredDocuments: [...requiredDocuments] } : {}),
    },
  }
}
