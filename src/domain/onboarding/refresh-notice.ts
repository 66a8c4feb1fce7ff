import type { NoticeKind } from './onboarding.ts'
import type { StatusDetails } from './status-details.ts'

export const REFRESH_NOTICES = [
  'kyc_refresh_started',
  'kyc_refresh_expired',
  'kyc_refresh_completed',
] as const satisfies readonly NoticeKind[]

/** The KYC refresh of an identity as its requirements have it (paxos/api.md 4.7, 4.11). An overdue one may have been started anew beside it. */
function refreshOf(details: StatusDetails | null): 'none' | 'started' | 'expired' {
  const found = details?.requirements.filter(({ type }) => type === 'KYC_REFRESH') ?? []
  if (found.length === 0) return 'none'
  return isRefreshOverdue(details) ? 'expired' : 'started'
}

export function isRefreshOverdue(details: StatusDetails | null): boolean {
  return details?.requirements.some(({ codes }) => codes.includes('KYC_REFRESH_OVERDUE')) ?? false
}

/**
 * What the application is told when the reasons for a status change from `before` to `after`; null: nothing of a KYC refresh. It rests on what Paxos has now: of a
 * refresh that was started and completed between two reads nothing is told.
 */
export function refreshNotice(before: StatusDetails | null, after: StatusDetails | null): (typeof REFRESH_NOTICES)[number] | null {
  const [was, is] = [refreshOf(before), refreshOf(after)]
  if (was === is) return null
  return is === 'none' ? 'kyc_refresh_completed' : `kyc_refresh_${is}`
}
