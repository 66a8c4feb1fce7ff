const ONBOARDING = ['identityId', 'refId', 'accountId', 'profileId', 'requiredDocuments'] as const
const ORDER = [
  'identityId',
  'accountId',
  'orderId',
  'paxosOrderId',
  'state',
  'side',
  'market',
  'amountFilled',
  'averagePrice',
  'reason',
] as const

const DEPOSIT = ['identityId', 'accountId', 'depositId', 'transferId', 'asset', 'amount', 'fee', 'total'] as const

/** Every notification, with the fields that it may carry: what else a notice holds by accident stays in the house. */
export const NOTICE_FIELDS = {
  'onboarding.ready': ONBOARDING,
  'onboarding.reactivated': ONBOARDING,
  'onboarding.denied': ONBOARDING,
  'onboarding.documents_required': ONBOARDING,
  'onboarding.disabled': ONBOARDING,
  'onboarding.frozen': ONBOARDING,
  'kyc_refresh.started': ONBOARDING,
  'kyc_refresh.expired': ONBOARDING,
  'kyc_refresh.completed': ONBOARDING,
  'account.opened': ONBOARDING,
  'deposit.completed': DEPOSIT,
  'deposit.returned': DEPOSIT,
  'order.filled': ORDER,
  'order.cancelled': ORDER,
  'order.rejected': ORDER,
  // Tells nothing but that address, secret and way work; the application answers 2xx and does nothing.
  'gatehouse.test': [],
} as const satisfies Readonly<Record<string, readonly string[]>>
export type NoticeKind = keyof typeof NOTICE_FIELDS

/** One thing that a customer's application is told, once for each transition. Ids and codes only: nothing that names a person. */
export interface Notice {
  /** The same for every attempt: what lets the receiver drop a second copy. */
  key: string
  kind: NoticeKind
  occurredAt: Date
  /** `NOTICE_FIELDS` says what goes out of it. */
  data: Readonly<Record<string, string | null | readonly string[] | undefined>>
}

/** One way to tell. */
export interface NoticeChannel {
  name: string
  /** Resolves when the notice was taken, with the HTTP status where there is one. @throws the errors of notice-errors.ts */
  send(notice: Notice): Promise<{ status: number | null }>
  close(): Promise<void>
}
