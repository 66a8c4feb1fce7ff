import type { Identity, IdentityStatus } from './identity.ts'

/** One reason why an identity is not approved (paxos/api.md 4.7). */
export interface Requirement {
  type: string
  status: 'PENDING' | 'FAILED'
  errors: { code: string; description: string }[]
  awaiting_action_from?: 'CLIENT' | 'PAXOS'
}

/** Every outstanding check, and a due KYC refresh. Which code belongs to which check is partly assumed. */
export function requirementsOf(identity: Identity, statusOf: (identityId: string) => IdentityStatus | undefined): Requirement[] {
  const found: Requirement[] = []
  const need = (type: string, code: string, from: 'CLIENT' | 'PAXOS' | null, description: string): void => {
    const status = code.endsWith('_FAILED') ? 'FAILED' : 'PENDING'
    found.push({ type, status, errors: [{ code, description }], ...(from ? { awaiting_action_from: from } : {}) })
  }
  if (identity.requiredDocuments.length > 0) {
    need('ENHANCED_DUE_DILIGENCE', 'EDD_DOCUMENTATION_REQUIRED', 'CLIENT', 'documents are required to continue the review')
  }
  if (identity.status === 'PENDING' || identity.status === 'DENIED') checks(identity, need)
  if (identity.type === 'INSTITUTION') {
    const statuses = identity.members.map((member) => statusOf(member.identity_id))
    if (statuses.includes('DENIED')) need('MEMBERS', 'MEMBER_VERIFICATION_FAILED', null, 'a member was denied')
    else if (statuses.some((status) => status !== 'APPROVED'))
      need('MEMBERS', 'MEMBER_VERIFICATION_PENDING', null, 'a member is not approved yet')
  }
  if (identity.kycRefresh?.state === 'started') need('KYC_REFRESH', 'KYC_REFRESH_REQUIRED', 'CLIENT', 'confirm or correct the details')
  if (identity.kycRefresh?.state === 'expired') need('KYC_REFRESH', 'KYC_REFRESH_OVERDUE', 'CLIENT', 'the time for the refresh is over')
  return found
}

function checks(
  { type, checks: status }: Identity,
  need: (type: string, code: string, from: 'CLIENT' | 'PAXOS', text: string) => void,
): void {
  if (type === 'PERSON' && status.id_verification_status !== 'APPROVED') {
    if (status.id_verification_status === 'DENIED')
      need('ID_VERIFICATION', 'IDENTITY_VERIFICATION_FAILED', 'PAXOS', 'the id was not verified')
    else need('ID_VERIFICATION', 'IDENTITY_VERIFICATION_REQUIRED', 'CLIENT', 'the id is to be verified')
  }
  if (type === 'INSTITUTION' && status.document_verification_status !== 'APPROVED') {
    if (status.document_verification_status === 'DENIED')
      need('DOCUMENT_VERIFICATION', 'DOCUMENT_VERIFICATION_FAILED', 'PAXOS', 'the documents were not verified')
    else need('DOCUMENT_VERIFICATION', 'DOCUMENT_UPLOAD_REQUIRED', 'CLIENT', 'documents are to be uploaded')
  }
  const screenings = [status.sanctions_verification_status, status.additional_screening_status]
  if (screenings.includes('DENIED')) need('SCREENING_CHECK', 'SCREENING_FAILED', 'PAXOS', 'a screening had a hit')
  else if (screenings.includes('ERROR')) need('COMPLIANCE_CHECK', 'COMPLIANCE_REVIEW_REQUIRED', 'PAXOS', 'a possible hit is reviewed')
  else if (screenings.includes('PENDING')) need('SCREENING_CHECK', 'SCREENING_IN_PROGRESS', 'PAXOS', 'the screening is running')
}
