import type { CreateIdentityRequest } from '../api/identity-request.ts'
import { problem } from '../api/paxos-problem.ts'
import type { SandboxState } from '../sandbox-state.ts'
import type { Identity } from './identity.ts'

/**
 * Creates an identity, PENDING as always (paxos/api.md 4.1), without a decision. Its id follows from the seed and the `ref_id`.
 * @throws the 409 pair of paxos/api.md 4.6; 400 for an institution's member that does not exist
 */
export function createIdentity(
  { identities, random, clock, story }: Pick<SandboxState, 'identities' | 'random' | 'clock' | 'story'>,
  request: CreateIdentityRequest,
): Identity {
  const { person_details: person, institution_details: institution, institution_members: members = [] } = request
  const details = person ?? institution
  if (!details) throw problem(400, 'person_details: is required, or institution_details; not both')
  const refId = request.ref_id ?? null
  identities.refuseDuplicate(refId, details)
  const stranger = members.findIndex((member) => !identities.get(member.identity_id))
  if (stranger >= 0) throw problem(400, `institution_members.${stranger}.identity_id: identity does not exist`)
  const subject = refId === null ? ['identity', 'without ref_id', identities.all.length] : ['identity', refId]
  const id = random.uuid(...subject)
  const createdAtNs = clock.next(1000n)
  const taxFromCip = details.cip_id_country === 'USA' && !request.tax_details?.length
  const identity: Identity = {
    id,
    type: person ? 'PERSON' : 'INSTITUTION',
    createdAtNs,
    updatedAtNs: createdAtNs,
    refId,
    metadata: request.metadata ?? {},
    details,
    taxDetails: taxFromCip ? [{ tax_payer_id: details.cip_id, tax_payer_country: 'USA' }] : (request.tax_details ?? []),
    taxDetailsNotRequired: request.tax_details_not_required ?? false,
    dueDiligence: request.customer_due_diligence ?? null,
    members: members.map(({ id: _none, ...member }, index) => ({ id: random.uuid('institution member', id, index), ...member })),
    isMerchant: request.is_merchant ?? false,
    checks: {
      // With PASSTHROUGH it mirrors the result of the client's verifier (paxos/api.md 4.8).
      id_verification_status: person?.passthrough_verification_status ?? 'PENDING',
      sanctions_verification_status: 'PENDING',
      additional_screening_status: 'PENDING',
      document_verification_status: 'PENDING',
    },
    userDisabled: null,
    adminDisabled: null,
    frozen: false,
    controls: [],
    kycRefresh: null,
    lastKycRefreshDate: null,
    requiredDocuments: [],
    afterDocuments: null,
    documents: [],
    status: 'PENDING',
  }
  identities.add(identity, details)
  story.tell({ kind: 'identity-created', identityId: id, refId })
  return identity
}
