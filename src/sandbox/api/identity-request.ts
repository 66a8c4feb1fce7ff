import { z } from 'zod'
import { DECISIONS } from '../world/decision.ts'
import { IDENTITY_STATUSES } from '../world/identity.ts'
import { ascii, Country, DateTime } from './address-request.ts'
import { COMPANY_DUE_DILIGENCE, DueDiligence, PERSON_DUE_DILIGENCE } from './due-diligence-request.ts'
import { InstitutionDetails, InstitutionMember, rolesRefusal, UpdatedInstitution } from './institution-request.ts'
import { PersonDetails, UpdatedPerson } from './person-request.ts'
import { readBody } from './read-body.ts'

/** `metadata.sandbox_decision` belongs to the simulator: it chooses the decision on this identity. */
const Metadata = z.record(z.string(), z.string()).superRefine(({ sandbox_decision: decision }, context) => {
  if (decision !== undefined && !(DECISIONS as readonly string[]).includes(decision)) {
    context.addIssue({ code: 'custom', path: ['sandbox_decision'], message: `must be one of ${DECISIONS.join(', ')}` })
  }
})

const TaxDetail = z.strictObject({ tax_payer_id: ascii(35), tax_payer_country: Country })
const reference = z.string().min(1, 'must not be empty')

/** Paxos fills the tax details from these numbers of a US identity (paxos/api.md 4.1, 4.5). */
const FILLED_FROM: readonly string[] = ['SSN', 'ITIN', 'EIN']

const CreateIdentityRequest = z
  .strictObject({
    ref_id: reference.optional(),
    person_details: PersonDetails.optional(),
    institution_details: InstitutionDetails.optional(),
    institution_members: z.array(InstitutionMember).optional(),
    customer_due_diligence: DueDiligence.optional(),
    tax_details: z.array(TaxDetail).optional(),
    tax_details_not_required: z.boolean().optional(),
    metadata: Metadata.optional(),
    is_merchant: z.boolean().optional(),
  })
  .superRefine((request, context) => {
    const refuse = (path: string, message: string): void => context.addIssue({ code: 'custom', path: path.split('.'), message })
    const { person_details: person, institution_details: institution, institution_members: members = [] } = request
    if ((person === undefined) === (institution === undefined)) {
      refuse('person_details', 'is required, or institution_details; not both')
      return
    }
    const diligence = request.customer_due_diligence
    const needs = (fields: readonly (keyof DueDiligence)[], whom: string): void => {
      for (const field of fields) if (diligence?.[field] === undefined) refuse(`customer_due_diligence.${field}`, `is required for ${whom}`)
    }
    if (person) {
      needs(PERSON_DUE_DILIGENCE, 'a person')
      if (members.length > 0) refuse('institution_members', 'must be set for an institution only')
    }
    if (institution) {
      const { institution_type: type } = institution
      if (type !== 'TRUST' && type !== 'SOLE_PROPRIETORSHIP') needs(COMPANY_DUE_DILIGENCE, `a ${type}`)
      const wrong = members.length === 0 ? 'is required for an institution' : rolesRefusal(type, members)
      if (wrong) refuse('institution_members', wrong)
    }
    const cip = person ?? institution
    const isUs = cip?.cip_id_country === 'USA'
    if (request.tax_details_not_required && isUs) refuse('tax_details_not_required', 'must not be true when cip_id_country is USA')
    const filled = isUs && FILLED_FROM.includes(cip.cip_id_type)
    if (!filled && !request.tax_details?.length && !request.tax_details_not_required) {
      refuse('tax_details', 'is required unless tax_details_not_required is true')
    }
  })
export type CreateIdentityRequest = z.output<typeof CreateIdentityRequest>

const Status = z.enum(IDENTITY_STATUSES)
const Switch = z.strictObject({ disabled: z.boolean() })

/** `PUT /identity/identities/{id}/sandbox-status` (paxos/api.md 4.9). */
const SandboxStatusRequest = z.strictObject({
  id_verification_status: Status.optional(),
  sanctions_verification_status: Status.optional(),
  document_verification_status: Status.optional(),
  additional_screening_status: Status.optional(),
  user_disabled: Switch.optional(),
  admin_disabled: Switch.optional(),
})
export type SandboxStatusRequest = z.output<typeof SandboxStatusRequest>

/** Update Identity: a delta (paxos/api.md 4.9). */
const UpdateIdentityRequest = z.strictObject({
  ref_id: reference.optional(),
  person_details: UpdatedPerson.optional(),
  institution_details: UpdatedInstitution.optional(),
  metadata: Metadata.optional(),
  customer_due_diligence: DueDiligence.optional(),
  tax_details: z.array(TaxDetail).optional(),
  set_tax_details_not_required: z.boolean().optional(),
  set_user_disabled: z.boolean().optional(),
  is_merchant: z.boolean().optional(),
  last_kyc_refresh_date: DateTime.optional(),
})
export type UpdateIdentityRequest = z.output<typeof UpdateIdentityRequest>

const AddMembersRequest = z.strictObject({
  institution_id: reference,
  members: z.array(InstitutionMember).min(1, 'must name at least one member'),
})

export const readCreateIdentity = (body: unknown): CreateIdentityRequest => readBody(CreateIdentityRequest, body)
export const readSandboxStatus = (body: unknown): SandboxStatusRequest => readBody(SandboxStatusRequest, body)
export const readUpdateIdentity = (body: unknown): UpdateIdentityRequest => readBody(UpdateIdentityRequest, body)
export const readAddMembers = (body: unknown): z.output<typeof AddMembersRequest> => readBody(AddMembersRequest, body)
