/** Restrictions that a client may set on an identity (paxos/api.md 4.7, 4.9). Only Paxos sets FROZEN. */
export const CLIENT_CONTROLS = ['SELL_ONLY', 'DORMANT', 'CLOSED'] as const
export const CONTROL_TYPES = [...CLIENT_CONTROLS, 'FROZEN'] as const
export type ControlType = (typeof CONTROL_TYPES)[number]

export const CONTROL_REASONS = [
  ...(['OTHER', 'END_USER_REQUEST', 'INACTIVITY', 'COMPLIANCE_KYC', 'COMPLIANCE_EDD', 'COMPLIANCE_SCREENING'] as const),
  ...(['COMPLIANCE_INVESTIGATION', 'COMPLIANCE_INCOMPLETE', 'RISK_FRAUD', 'LEGAL_ORDER', 'ADMINISTRATIVE'] as const),
] as const
export type ControlReason = (typeof CONTROL_REASONS)[number]

export interface IdentityControl {
  readonly id: string
  readonly createdAtNs: bigint
  readonly type: ControlType
  readonly setBy: 'CLIENT' | 'PAXOS'
  readonly reasonCode: ControlReason
  readonly reason: string | null
  deletedAtNs: bigint | null
}
