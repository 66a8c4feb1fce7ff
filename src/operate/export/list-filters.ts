import { z } from 'zod'
import { EVENT_STATES } from '../../domain/event-state.ts'
import { ONBOARDING_STATES } from '../../domain/onboarding/onboarding.ts'
import { ORDER_STATES } from '../../domain/trade/order.ts'
import { TRANSFER_DIRECTIONS, TRANSFER_STATES } from '../../domain/transfer/transfer.ts'
import { OpaqueId } from '../input/amount-input.ts'
import { AUDIT_FILTERS, FAILURE_FILTERS, OptionalId, Time } from '../input/query-inputs.ts'
import { IssueStateFilter } from '../issues/issue-input.ts'

/** The filters of each list, the same for its pages and its export. */
export const LIST_FILTERS = {
  events: {
    state: z.enum(EVENT_STATES).optional(),
    type: z.string().min(1, 'must not be empty').max(200).optional().describe('For example identity.approved.'),
    identityId: OptionalId,
    ...FAILURE_FILTERS,
    from: Time.optional().describe('Received at or after.'),
    to: Time.optional().describe('Received before.'),
  },
  onboardings: {
    state: z.enum(ONBOARDING_STATES).optional(),
    q: z
      .string()
      .min(1, 'must not be empty')
      .max(200)
      .optional()
      .describe(
        'Match by prefix: identity, account, profile or event id, or ref_id. A prefix with more than 500 matches finds only some of them.',
      ),
  },
  orders: { accountId: OpaqueId.optional(), state: z.enum(ORDER_STATES).optional() },
  transfers: {
    accountId: OpaqueId.optional(),
    state: z.enum(TRANSFER_STATES).optional(),
    direction: z.enum(TRANSFER_DIRECTIONS).optional(),
  },
  issues: { state: IssueStateFilter.optional() },
  audit: AUDIT_FILTERS,
} as const
