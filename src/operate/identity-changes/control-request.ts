import { z } from 'zod'
import { CLIENT_CONTROLS, CONTROL_REASONS } from '../../domain/identity-change/identity-change.ts'
import { OPAQUE_ID } from '../../platform/opaque-id.ts'

const FROZEN = 'must be one of SELL_ONLY, DORMANT, CLOSED; FROZEN is set by Paxos alone'
const UNSAFE = /[@\n\r]|\d{3}-\d{2}-\d{4}/

/** Free text for Paxos. It is kept in the audit, which cannot be erased. The limit is ours. */
const reason = z
  .string()
  .min(1, 'must not be empty')
  .max(500, 'may have at most 500 characters')
  .refine((text) => !UNSAFE.test(text), 'must name no person: no e-mail address, no document number, one line; write a ticket number')
  .describe('One line without personal data: Gatehouse keeps it in the audit for ever, and sends it to Paxos.')

export const ControlBody = z.strictObject({
  type: z.enum(CLIENT_CONTROLS, FROZEN).describe('SELL_ONLY: no buys. DORMANT: inactive. CLOSED: off-boarded.'),
  reasonCode: z.enum(CONTROL_REASONS),
  reason: reason.optional(),
})

export const LiftQuery = z.strictObject({
  controlId: z
    .string('is required: the id of the control')
    .regex(OPAQUE_ID, 'must be the id of a control, from GET /v1/onboardings/{id}/controls'),
  reason: reason.optional(),
})
