import type { Effect } from '../effect.ts'
import type { NoticeKind, Snapshot } from './onboarding.ts'

/** What a notification of an onboarding says: ids and codes only, nothing that names a person. */
export interface OnboardingNotification {
  kind: 'account.opened' | `onboarding.${Exclude<NoticeKind, 'account_opened'>}`
  data: { identityId: string; refId: string | null; accountId?: string; profileId?: string; requiredDocuments?: string[] }
}

const TELLS_ACCOUNT: readonly NoticeKind[] = ['account_opened', 'ready', 'reactivated']

export function onboardingNotification({ onboarding }: Snapshot, effect: Effect): OnboardingNotification {
  const { identityId, refId, accountId, profileId, requiredDocuments } = onboarding
  const name = effect.name as NoticeKind // only `intendNotification` makes these effects
  return {
    kind: name === 'account_opened' ? 'account.opened' : `onboarding.${name}`,
    data: {
      identityId,
      refId,
      ...(TELLS_ACCOUNT.includes(name) && accountId && profileId ? { accountId, profileId } : {}),
      ...(name === 'documents_required' ? { requiredDocuments: [...requiredDocuments] } : {}),
    },
  }
}
