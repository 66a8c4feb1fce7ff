import type { AccountSnapshot } from './account.ts'

/** The notification of a further account: ids only. */
export interface AccountNotification {
  kind: 'account.opened'
  data: { identityId: string; accountId?: string; profileId?: string; owners: string[] }
}

export function accountNotification({ account }: AccountSnapshot): AccountNotification {
  const { identityId, accountId, profileId, owners } = account
  return { kind: 'account.opened', data: { identityId, ...(accountId && profileId ? { accountId, profileId } : {}), owners: [...owners] } }
}
