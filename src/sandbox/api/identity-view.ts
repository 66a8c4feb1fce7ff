import type { Identity, IdentityStatus } from '../world/identity.ts'
import type { IdentityControl } from '../world/identity-control.ts'
import { toRfc3339 } from '../world/nano-clock.ts'
import { requirementsOf } from '../world/requirements.ts'

/** Microseconds, as in the documented samples of identities and accounts. */
export const RECORD_DIGITS = 6

/**
 * An identity as the API shows it (paxos/api.md 4.7). Without `details` it has no personal data: no person or institution details
 * (documented), no tax ids and no due diligence (assumed, since Paxos encrypts them alike).
 */
export function identityView(
  identity: Identity,
  { details, members, statusOf }: { details: boolean; members: boolean; statusOf: (identityId: string) => IdentityStatus | undefined },
): object {
  return {
    id: identity.id,
    type: identity.type,
    ...(identity.refId === null ? {} : { ref_id: identity.refId }),
    metadata: identity.metadata,
    status: identity.status,
    summary_status: identity.status,
    status_details: { active_controls: activeControls(identity).map(controlView), requirements: requirementsOf(identity, statusOf) },
    user_disabled: identity.userDisabled !== null,
    admin_disabled: identity.adminDisabled !== null,
    ...(details ? detailsView(identity) : {}),
    ...(members && identity.type === 'INSTITUTION'
      ? {
          institution_members: identity.members.map((member) => ({ ...member, summary_status: statusOf(member.identity_id) ?? 'PENDING' })),
        }
      : {}),
    tax_details_not_required: identity.taxDetailsNotRequired,
    is_merchant: identity.isMerchant,
    ...(identity.lastKycRefreshDate === null ? {} : { last_kyc_refresh_date: identity.lastKycRefreshDate }),
    created_at: toRfc3339(identity.createdAtNs, RECORD_DIGITS),
    updated_at: toRfc3339(identity.updatedAtNs, RECORD_DIGITS),
  }
}

function detailsView({ type, details, checks, taxDetails, dueDiligence }: Identity): object {
  const { id_verification_status, document_verification_status, ...screening } = checks
  const private_ = { tax_details: taxDetails, ...(dueDiligence ? { customer_due_diligence: dueDiligence } : {}) }
  if (type === 'INSTITUTION') return { institution_details: { ...details, document_verification_status, ...screening }, ...private_ }
  const deprecated = { govt_id: details.cip_id, govt_id_type: details.cip_id_type }
  return { person_details: { ...details, ...deprecated, id_verification_status, ...screening }, ...private_ }
}

/** The controls of an identity, oldest first. They include those behind the two deprecated flags and behind a freeze. */
export function listedControls({ id, userDisabled, adminDisabled, frozen, controls, updatedAtNs }: Identity): IdentityControl[] {
  const common = { reasonCode: 'OTHER', reason: null, deletedAtNs: null } as const
  const listed: IdentityControl[] = [...controls]
  // Documented: a disabled identity may still sell. Assumed: the type of the control.
  if (userDisabled)
    listed.push({ ...common, id: userDisabled.controlId, type: 'SELL_ONLY', setBy: 'CLIENT', createdAtNs: userDisabled.sinceNs })
  if (adminDisabled)
    listed.push({ ...common, id: adminDisabled.controlId, type: 'SELL_ONLY', setBy: 'PAXOS', createdAtNs: adminDisabled.sinceNs })
  if (frozen) listed.push({ ...common, id: `frozen-${id}`, type: 'FROZEN', setBy: 'PAXOS', createdAtNs: updatedAtNs })
  return listed.sort((one, other) => (one.createdAtNs < other.createdAtNs ? -1 : 1))
}

export function activeControls(identity: Identity): IdentityControl[] {
  return listedControls(identity).filter(({ deletedAtNs }) => deletedAtNs === null)
}

export function controlView({ id, type, setBy, reasonCode, reason, createdAtNs, deletedAtNs }: IdentityControl): object {
  return {
    id,
    type,
    set_by: `SET_BY_${setBy}`,
    is_overridable: setBy === 'CLIENT',
    reason_code: reasonCode,
    ...(reason === null ? {} : { reason }),
    created_at: toRfc3339(createdAtNs, RECORD_DIGITS),
    ...(deletedAtNs === null ? {} : { deleted_at: toRfc3339(deletedAtNs, RECORD_DIGITS) }),
  }
}
