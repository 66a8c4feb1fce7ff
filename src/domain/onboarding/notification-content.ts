import type { Effect } from '../effect.ts'
import type { NoticeKind, Snapshot } from './onboarding.ts'
import type { REFRESH_NOTICES } from './refresh-notice.ts'
import type { KycRefresh } from './refresh-reminder.ts'

/** Notifications with a public name that does not begin with the onboarding. */
const OTHER_KINDS = {
  account_opened: 'account.opened',
  kyc_refresh_started: 'kyc_refresh.started',
  kyc_refresh_reminder: 'kyc_refresh.reminder',
  kyc_refresh_expired: 'kyc_refresh.expired',
  kyc_refresh_completed: 'kyc_refresh.completed',
  controls_changed: 'onboarding.controls_changed',
} as const satisfies Record<'account_opened' | 'kyc_refresh_reminder' | 'controls_changed' | (typeof REFRESH_NOTICES)[number], string>

/** The content of an onboarding's notification: ids and codes only, nothing that names a person. */
export interface OnboardingNotification {
  kind: (typeof OTHER_KINDS)[keyof typeof OTHER_KINDS] | `onboarding.${Exclude<NoticeKind, keyof typeof OTHER_KINDS>}`
  data: {
    identityId: string
    refId: string | null
    accountId?: string
    profileId?: string
    requiredDocuments?: string[]
    endsAt?: string
    daysLeft?: number
    controls?: string[]
  }
}

const TELLS_ACCOUNT: readonly NoticeKind[] = [
  ...(['account_opened', 'ready', 'reactivated'] as const),
  ...(['controls_changed', 'kyc_refresh_started', 'kyc_refresh_reminder', 'kyc_refresh_expired', 'kyc_refresh_completed'] as const),
]

export function onboardingNotification({ onboarding }: Snapshot, effect: Effect): OnboardingNotification {
  const { identityId, refId, accountId, profileId, requiredDocuments, kycRefresh, statusDetails } = onboarding
  const name = effect.name as NoticeKind // only `intendNotification` makes these effects
  return {
    kind: isOther(name) ? OTHER_KINDS[name] : `onboarding.${name}`,
    data: {
      identityId,
      refId,
      ...(TELLS_ACCOUNT.includes(name) && accountId && profileId ? { accountId, profileId } : {}),
      ...(name === 'kyc_refresh_reminder' ? reminded(kycRefresh) : {}),
      ...(name === 'controls_changed' ? { controls: [...new Set(statusDetails?.controls.map(({ type }) => type))].sort() } : {}),
      ...(name === 'documents_required' ? { requiredDocuments: [...requiredDocuments] } : {}),
    },
  }
}

/** A later reminder supersedes one that was not sent, so the record says what this one is about. */
function reminded(refresh: KycRefresh | null): { endsAt?: string; daysLeft?: number } {
  return refresh?.reminded ? { endsAt: refresh.endsAt, daysLeft: refresh.reminded } : {}
}

function isOther(name: NoticeKind): name is keyof typeof OTHER_KINDS {
  return name in OTHER_KINDS
}
