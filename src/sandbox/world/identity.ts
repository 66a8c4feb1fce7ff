import type { IdentityControl } from './identity-control.ts'

/** The statuses of an identity and of each of its checks (paxos/api.md 4.7, 4.8). */
export const IDENTITY_STATUSES = ['PENDING', 'ERROR', 'APPROVED', 'DENIED', 'DISABLED'] as const
export type IdentityStatus = (typeof IDENTITY_STATUSES)[number]

/** The checks that make up a status, under their names in the API. Institutions have a documents check where persons have an id check. */
export interface IdentityChecks {
  id_verification_status: IdentityStatus
  sanctions_verification_status: IdentityStatus
  additional_screening_status: IdentityStatus
  document_verification_status: IdentityStatus
}

/** An announced file of an identity. Its bytes are counted and dropped. */
interface IdentityDocument {
  fileId: string
  name: string
  types: readonly string[]
  createdAtNs: bigint
  uploaded: boolean
}

/** A member of an institution, with its own id. */
export interface InstitutionMemberRecord {
  readonly id: string
  readonly identity_id: string
  readonly roles: readonly string[]
  readonly ownership?: string | undefined
  readonly position?: string | undefined
}

/** Who disabled an identity: the API user or Paxos. */
export interface Disablement {
  controlId: string
  sinceNs: bigint
}

/** An identity as the simulator keeps it. `details`, `taxDetails` and `dueDiligence` are as sent: personal data. */
export interface Identity {
  readonly id: string
  readonly type: 'PERSON' | 'INSTITUTION'
  readonly createdAtNs: bigint
  updatedAtNs: bigint
  refId: string | null
  metadata: Readonly<Record<string, string>>
  details: Readonly<Record<string, unknown>>
  taxDetails: readonly object[]
  taxDetailsNotRequired: boolean
  dueDiligence: object | null
  members: readonly InstitutionMemberRecord[]
  isMerchant: boolean
  checks: IdentityChecks
  userDisabled: Disablement | null
  adminDisabled: Disablement | null
  /** Frozen for compliance, only by an explicit switch (paxos/api.md 4.8, assumed). */
  frozen: boolean
  /** Controls set over the API, also deleted ones, oldest first. */
  controls: readonly IdentityControl[]
  /** A periodic refresh that is not completed. */
  kycRefresh: { state: 'started' | 'expired'; dueAtMs: number } | null
  lastKycRefreshDate: string | null
  /** Documents that enhanced due diligence asked for and has not decided on. */
  requiredDocuments: readonly string[]
  /** The decision once all documents have arrived; `null`: a person decides. */
  afterDocuments: 'approve' | 'deny' | null
  documents: IdentityDocument[]
  /** The last computed status. Events tell of its changes. */
  status: IdentityStatus
}

/**
 * The status that follows from the checks and switches (paxos/api.md 4.8, assumed). Documented in 4.9: a person needs only the id and the
 * sanctions check, an institution only the sanctions check.
 */
export function summaryStatus(identity: Identity): IdentityStatus {
  const { id_verification_status, sanctions_verification_status, additional_screening_status, document_verification_status } =
    identity.checks
  const decisive = identity.type === 'PERSON' ? id_verification_status : document_verification_status
  const checks = [decisive, sanctions_verification_status, additional_screening_status]
  const controls = identity.controls.filter(({ deletedAtNs }) => deletedAtNs === null)
  if (identity.frozen || controls.some(({ type }) => type === 'FROZEN')) return 'ERROR'
  if (checks.includes('DENIED')) return 'DENIED'
  if (checks.includes('ERROR')) return 'PENDING'
  const cleared = sanctions_verification_status === 'APPROVED' && (identity.type === 'INSTITUTION' || decisive === 'APPROVED')
  if (!cleared) return 'PENDING'
  return identity.userDisabled || identity.adminDisabled || controls.length > 0 ? 'DISABLED' : 'APPROVED'
}

/** The required document types that no uploaded file covers yet. */
export function missingDocuments({ requiredDocuments, documents }: Identity): string[] {
  return requiredDocuments.filter((type) => !documents.some((document) => document.uploaded && document.types.includes(type)))
}
