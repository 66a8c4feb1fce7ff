import { z } from 'zod'
import { type StatusDetails, statusDetails } from '../domain/onboarding/status-details.ts'
import { about, orOdd, PaxosId, pageOf, RawTime } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { idSegment, queryString, type TimeFilter, timeFilter } from './transport/request-path.ts'

/** The fields of an identity that Gatehouse needs. None names the person. */
export interface PaxosIdentity {
  id: string
  /** Gatehouse's key, if Gatehouse created the identity. */
  refId: string | null
  /** PERSON or INSTITUTION. An open set. Undefined: the answer does not say. */
  type?: string
  /** PENDING, ERROR, APPROVED, DENIED or DISABLED. An open set (paxos/api.md 1.6). */
  status: string
  /** Outstanding requirements and active controls. Null: there are none. Undefined: the answer does not say. */
  statusDetails?: StatusDetails | null
  createdAt: string
  updatedAt: string
}

/** The person or institution behind the identity, under Paxos's names: personal data. The logger redacts these names. */
export interface PaxosIdentityDetails {
  person_details: Readonly<Record<string, unknown>> | null
  institution_details: Readonly<Record<string, unknown>> | null
  customer_due_diligence: Readonly<Record<string, unknown>> | null
  tax_details: readonly unknown[] | null
  tax_details_not_required: boolean | null
  metadata: Readonly<Record<string, unknown>> | null
  is_merchant: boolean | null
  last_kyc_refresh_date: string | null
}

/** The body of Create Identity (paxos/api.md 4.1). `ref_id` is required because it makes a second try harmless. */
type NewIdentity = Readonly<Record<string, unknown>> & { readonly ref_id: string }

/** The body of Update Identity: a delta (paxos/api.md 4.9). With `last_kyc_refresh_date` it completes a KYC refresh. */
export type IdentityDelta = Readonly<Record<string, unknown>>

export interface IdentitiesOfPaxos {
  /** @throws PAXOS_CONFLICT when the ref_id or the person exists: read `existingId` and compare its ref_id (paxos/api.md 4.6) */
  create(identity: NewIdentity, options?: CallOptions): Promise<PaxosIdentity>
  get(identityId: string, options?: CallOptions): Promise<PaxosIdentity>
  /** Like `get`, with personal data, for callers that must show or compare it. */
  getWithDetails(identityId: string, options?: CallOptions): Promise<PaxosIdentity & PaxosIdentityDetails>
  /** Updates the identity as a delta. Sending the same delta again changes nothing. @throws PAXOS_CONFLICT when another identity is this person */
  update(identityId: string, delta: IdentityDelta, options?: CallOptions): Promise<PaxosIdentity>
  /** One page, newest first by default. Paxos has no filter by ref_id. */
  list(options: CallOptions & IdentitiesFilter): Promise<{ identities: PaxosIdentity[]; nextCursor: string | null }>
}

interface IdentitiesFilter {
  status?: 'PENDING' | 'ERROR' | 'APPROVED' | 'DENIED' | 'DISABLED'
  createdAt?: TimeFilter
  updatedAt?: TimeFilter
  order?: 'ASC' | 'DESC'
  limit?: number
  cursor?: string | null
}

/** A code in Paxos's form. Any other text is dropped, since it could name a person. */
const Code = z.string().regex(/^[A-Za-z0-9_.-]{1,80}$/)
const code = Code.catch('UNREADABLE')
const codeOrNull = Code.nullish().catch(null)
/**
 * Every field is an open set (paxos/api.md 4.7). One that cannot be read does not spoil the others. Descriptions and reasons are not kept.
 */
const Details = z
  .object({
    requirements: z
      .array(
        z.object({
          type: code,
          status: code,
          errors: z.array(z.object({ code })).nullish().catch(null),
          awaiting_action_from: codeOrNull,
        }),
      )
      .nullish(),
    active_controls: z
      .array(z.object({ id: PaxosId.nullish().catch(null), type: code, set_by: codeOrNull, reason_code: codeOrNull }))
      .nullish(),
  })
  .transform(({ requirements, active_controls }) =>
    statusDetails({
      requirements: (requirements ?? []).map(({ type, status, errors, awaiting_action_from }) => ({
        ...{ type, status, awaiting: awaiting_action_from ?? null },
        codes: [...new Set(errors?.map(({ code }) => code))].sort(),
      })),
      controls: (active_controls ?? []).map(({ id, type, set_by, reason_code }) => ({
        ...{ id: id ?? null, type, reasonCode: reason_code ?? null },
        setBy: set_by?.replace(/^SET_BY_/, '') ?? null, // events have no prefix (paxos/api.md 3.3)
      })),
    }),
  )

const Fields = z
  .object({
    id: PaxosId,
    ref_id: z.string().nullish(),
    type: z.string().min(1).max(80).nullish(),
    status: z.string().min(1).nullish(),
    summary_status: z.string().min(1).nullish(),
    status_details: Details.nullish().catch(undefined),
    created_at: RawTime,
    updated_at: RawTime,
  })
  // Old answers have only `summary_status`. Paxos deprecates it in favour of `status` (paxos/api.md 4.7).
  .refine((identity) => identity.status ?? identity.summary_status, { path: ['status'] })

const toIdentity = (fields: z.output<typeof Fields>): PaxosIdentity => ({
  id: fields.id,
  refId: fields.ref_id || null,
  ...(fields.type ? { type: fields.type } : {}),
  status: fields.status ?? fields.summary_status ?? '',
  ...(fields.status_details === undefined ? {} : { statusDetails: fields.status_details }),
  createdAt: fields.created_at,
  updatedAt: fields.updated_at,
})
const Identity = Fields.transform(toIdentity)

const details = z.record(z.string(), z.unknown()).nullish()
const Personal = z.object({
  person_details: details,
  institution_details: details,
  customer_due_diligence: details.catch(null),
  tax_details: z.array(z.unknown()).nullish().catch(null),
  tax_details_not_required: z.boolean().nullish().catch(null),
  metadata: details.catch(null),
  is_merchant: z.boolean().nullish().catch(null),
  last_kyc_refresh_date: z.string().nullish().catch(null),
})
const IdentityWithDetails = Fields.and(Personal).transform((fields) => ({
  ...toIdentity(fields),
  person_details: fields.person_details ?? null,
  institution_details: fields.institution_details ?? null,
  customer_due_diligence: fields.customer_due_diligence ?? null,
  tax_details: fields.tax_details ?? null,
  tax_details_not_required: fields.tax_details_not_required ?? null,
  metadata: fields.metadata ?? null,
  is_merchant: fields.is_merchant ?? null,
  last_kyc_refresh_date: fields.last_kyc_refresh_date || null,
}))

/** A row that cannot be read is left out. The identity is then read by id, and that read says what is wrong with it. */
const IdentityPage = pageOf('items', orOdd(Identity)).transform(({ rows, nextCursor }) => ({
  identities: rows.filter((row) => row !== null),
  nextCursor,
}))

/** Parts of the request in which an empty text means "no value". Elsewhere, as in metadata, an empty text is a value. */
const WITHOUT_EMPTY_TEXTS = ['person_details', 'institution_details', 'customer_due_diligence'] as const

/**
 * Leaves empty texts out: on create Paxos wants at least one character in each (paxos/api.md 4.2). On update an empty text clears the
 * field.
 */
function withoutEmptyTexts(identity: NewIdentity): NewIdentity {
  const cleaned = WITHOUT_EMPTY_TEXTS.filter((part) => identity[part] !== undefined).map((part) => [part, filled(identity[part])] as const)
  return { ...identity, ...Object.fromEntries(cleaned) }
}

function filled(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value).filter(([, each]) => each !== '')
  return Object.fromEntries(entries.map(([name, each]) => [name, filled(each)]))
}

export function identitiesOfPaxos(call: PaxosCall): IdentitiesOfPaxos {
  return {
    create(identity, options) {
      const path = '/identity/identities'
      const request = { operation: 'identities.create', path, personal: true, schema: Identity } as const
      return call({ ...request, method: 'POST', body: withoutEmptyTexts(identity), once: { refId: identity.ref_id } }, options)
    },
    async get(identityId, options) {
      const operation = 'identities.get'
      const path = `/identity/identities/${idSegment(identityId, operation)}`
      return about(identityId, await call({ operation, path, schema: Identity }, options), operation)
    },
    async getWithDetails(identityId, options) {
      const operation = 'identities.get'
      const path = `/identity/identities/${idSegment(identityId, operation)}?include_details=true`
      return about(identityId, await call({ operation, path, schema: IdentityWithDetails }, options), operation)
    },
    async update(identityId, delta, options) {
      const operation = 'identities.update'
      const path = `/identity/identities/${idSegment(identityId, operation)}`
      const request = { operation, path, method: 'PUT', personal: true, schema: Identity, once: 'sets-a-state' } as const
      return about(identityId, await call({ ...request, body: delta }, options), operation)
    },
    list({ status, createdAt, updatedAt, order, limit, cursor, ...options }) {
      const times = { ...timeFilter('created_at', createdAt), ...timeFilter('updated_at', updatedAt) }
      const path = `/identity/identities${queryString({ summary_status: status, ...times, order, limit, page_cursor: cursor })}`
      return call({ operation: 'identities.list', path, mark: 'items', schema: IdentityPage }, options)
    },
  }
}
