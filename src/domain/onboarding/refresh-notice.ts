import type { NoticeKind } from './onboarding.ts'
import type { StatusDetails } from './status-details.ts'

/** The notifications of a change of the refresh. */
export const REFRESH_NOTICES = [
  'kyc_refresh_started',
  'kyc_refresh_expired',
  'kyc_refresh_completed',
] as const satisfies readonly NoticeKind[]

/** The KYC refresh in an identity's requirements (paxos/api.md 4.7, 4.11). A new refresh may be running beside an overdue one. */
export function refreshOf(details: StatusDetails | null): 'none' | 'started' | 'expired' {
  const found = details?.requirements.filter(({ type }) => type === 'KYC_REFRESH') ?? []
  if (found.length === 0) return 'none'
  return isRefreshOverdue(details) ? 'expired' : 'started'
}

export function isRefreshOverdue(details: StatusDetails | null): boolean {
  return details?.requirements.some(({ codes }) => codes.includes('KYC_REFRESH_OVERDUE')) ?? false
}

/**
 * The notification for a change of the reasons from `before` to `after`; null: no KYC refresh changed. It follows what Paxos has now, so a
 * refresh that began and ended between two reads is not reported.
 */
export function refreshNotice(before: StatusDetails | null, after: StatusDetails | null): (typeof REFRESH_NOTICES)[number] | null {
  const [was, is] = [refreshOf(before), refreshOf(after)]
  if (was === is) return null
  return is === 'none' ? 'kyc_refresh_completed' : `kyc_refresh_${is}`
}
