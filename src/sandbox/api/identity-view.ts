import type { Disablement, Identity } from '../world/identity.ts'
import { toRfc3339 } from '../world/nano-clock.ts'

/** Microseconds, as in the documented samples of identities and accounts. */
export const RECORD_DIGITS = 6

/**
 * An identity as the API gives it (paxos/api.md 4.7). Without `details` nothing personal is in it: neither person nor
 * institution details (documented), nor tax ids and due diligence (assumed: they are encrypted alike).
 */
export function identityView(identity: Identity, { details, members }: { details: boolean; members: boolean }): object {
  return {
    id: identity.id,
    type: identity.type,
    ...(identity.refId === null ? {} : { ref_id: identity.refId }),
    metadata: identity.metadata,
    status: identity.status,
    summary_status: identity.status,
    status_details: { active_controls: activeControls(identity), requirements: requirements(identity) },
    user_disabled: identity.userDisabled !== null,
    admin_disabled: identity.adminDisabled !== null,
    ...(details ? detailsView(identity) : {}),
    ...(members && identity.type === 'INSTITUTION' ? { institution_members: identity.members } : {}),
    tax_details_not_required: identity.taxDetailsNotRequired,
    is_merchant: identity.isMerchant,
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

/** The controls behind the two deprecated flags. That a disabled identity may still sell is documented, the type is assumed. */
function activeControls({ userDisabled, adminDisabled }: Identity): object[] {
  const control = (setBy: 'SET_BY_CLIENT' | 'SET_BY_PAXOS', disablement: Disablement | null): object[] => {
    if (!disablement) return []
    const created_at = toRfc3339(disablement.sinceNs, RECORD_DIGITS)
    const is_overridable = setBy === 'SET_BY_CLIENT'
    return [{ id: disablement.controlId, type: 'SELL_ONLY', set_by: setBy, is_overridable, reason_code: 'OTHER', created_at }]
  }
  return [...control('SET_BY_CLIENT', userDisabled), ...control('SET_BY_PAXOS', adminDisabled)]
}

function requirements({ requiredDocuments }: Identity): object[] {
  if (requiredDocuments.length === 0) return []
  const error = { code: 'EDD_DOCUMENTATION_REQUIRED', description: 'documents are required to continue the review' }
  return [{ type: 'ENHANCED_DUE_DILIGENCE', status: 'PENDING', awaiting_action_from: 'CLIENT', errors: [error] }]
}
