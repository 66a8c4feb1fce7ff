const ONBOARDING = ['identityId', 'refId', 'accountId', 'profileId', 'requiredDocuments'] as const
const REMINDER = [...ONBOARDING, 'endsAt', 'daysLeft'] as const
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

/** Every notification with its fields. Other fields of a notice are not sent. */
export const NOTICE_FIELDS = {
  'onboarding.ready': ONBOARDING,
  'onboarding.reactivated': ONBOARDING,
  'onboarding.denied': ONBOARDING,
  'onboarding.documents_required': ONBOARDING,
  'onboarding.disabled': ONBOARDING,
  'onboarding.frozen': ONBOARDING,
  'onboarding.controls_changed': [...ONBOARDING, 'controls'],
  'kyc_refresh.started': ONBOARDING,
  'kyc_refresh.reminder': REMINDER,
  'kyc_refresh.expired': ONBOARDING,
  'kyc_refresh.completed': ONBOARDING,
  'account.opened': [...ONBOARDING, 'owners'],
  'deposit.completed': DEPOSIT,
  'deposit.returned': DEPOSIT,
  'order.filled': ORDER,
  'order.cancelled': ORDER,
  'order.rejected': ORDER,
  // Only shows that address, secret and connection work. The application answers 2xx and does nothing.
  'gatehouse.test': [],
} as const satisfies Readonly<Record<string, readonly string[]>>
export type NoticeKind = keyof typeof NOTICE_FIELDS

/** A notification to the customer's application, once for each transition. Ids and codes only: nothing that names a person. */
export interface Notice {
  /** The same for every attempt, so that the receiver can drop a second copy. */
  key: string
  kind: NoticeKind
  occurredAt: Date
  /** Only the fields in `NOTICE_FIELDS` are sent. */
  data: Readonly<Record<string, string | number | null | readonly string[] | undefined>>
}

/** A way to send notifications. */
export interface NoticeChannel {
  name: string
  /** Resolves when the notice was accepted, with the HTTP status if there is one. @throws the errors of notice-errors.ts */
  send(notice: Notice): Promise<{ status: number | null }>
  close(): Promise<void>
}
