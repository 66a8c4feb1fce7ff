import type { SandboxState } from '../sandbox-state.ts'
import { createIdentity } from '../world/create-identity.ts'
import { IDENTITY_STATUSES, type Identity, type IdentityStatus } from '../world/identity.ts'
import { CONTROL_REASONS, CONTROL_TYPES } from '../world/identity-control.ts'
import {
  readAddMembers,
  readCreateIdentity,
  readSandboxStatus,
  readUpdateIdentity,
  type SandboxStatusRequest,
  type UpdateIdentityRequest,
} from './identity-request.ts'
import { activeControls, identityView } from './identity-view.ts'
import { rolesRefusal } from './institution-request.ts'
import { page, pageRequest } from './page.ts'
import { alreadyExists, problem } from './paxos-problem.ts'
import { type Query, queryFlag, queryList, queryText } from './query.ts'
import type { Call, SimulateOperation } from './simulated-operation.ts'
import { isWithin, timeRange } from './time-range.ts'

/** Most identities on a page: Paxos documents no limit for List Identities (assumed). */
const MAX_LIMIT = 1000
const DEFAULT_LIMIT = 100

/** Create, get, list and update identities, and the sandbox's status switch (paxos/api.md 4.1, 4.6, 4.9). */
export function identityRoutes(simulate: SimulateOperation, state: SandboxState): void {
  const { identities, engine, kycRefreshes, settings, random } = state
  const statusOf = (id: string): IdentityStatus | undefined => identities.get(id)?.status
  const find = ({ id, subject }: Call): Identity => {
    const identity = identities.get(id)
    if (!identity) throw problem(404)
    subject.identityId = id
    if (identity.refId !== null) subject.refId = identity.refId
    return identity
  }

  simulate('POST /identity/identities', ({ body, subject }) => {
    const request = readCreateIdentity(body)
    if (request.ref_id !== undefined) subject.refId = request.ref_id
    const identity = createIdentity(state, request)
    subject.identityId = identity.id
    engine.begin(identity)
    return identityView(identity, { details: true, members: true, statusOf })
  })

  simulate('GET /identity/identities/{id}', (call) => {
    const details = queryFlag(call.query, 'include_details')
    const members = queryFlag(call.query, 'include_institution_members')
    return identityView(find(call), { details, members, statusOf })
  })

  simulate('GET /identity/identities', ({ query }) => {
    const status = queryText(query, 'summary_status', IDENTITY_STATUSES)
    const type = queryText(query, 'identity_type', ['PERSON', 'INSTITUTION'])
    queryText(query, 'order_by', ['CREATED_AT'])
    const controlled = controlFilter(query)
    const updated = timeRange(query, 'updated_at')
    const { items, nextCursor } = page(identities.all, {
      request: pageRequest(query, { order: 'DESC', maxLimit: MAX_LIMIT, defaultLimit: DEFAULT_LIMIT }),
      created: timeRange(query, 'created_at'),
      keep: (identity) =>
        (status === null || identity.status === status) &&
        (type === null || identity.type === type) &&
        controlled(identity) &&
        isWithin(identity.updatedAtNs, updated),
    })
    return {
      items: items.map((identity) => identityView(identity, { details: false, members: false, statusOf })),
      next_page_cursor: nextCursor,
    }
  })

  simulate('PUT /identity/identities/{id}', (call) => {
    const identity = find(call)
    const change = readUpdateIdentity(call.body)
    if (change.ref_id !== undefined && change.ref_id !== identity.refId) {
      const other = identities.byRefId(change.ref_id)
      if (other) throw alreadyExists('duplicate ref_id provided', { id: other.id })
    }
    refuseOtherType(identity, change)
    const details = updatedDetails(identity, change)
    identities.changePerson(identity, details)
    if (change.ref_id !== undefined) identities.rename(identity, change.ref_id)
    identity.details = details
    identity.metadata = change.metadata ?? identity.metadata
    identity.taxDetails = change.tax_details ?? identity.taxDetails
    identity.taxDetailsNotRequired = change.set_tax_details_not_required ?? identity.taxDetailsNotRequired
    identity.isMerchant = change.is_merchant ?? identity.isMerchant
    if (change.customer_due_diligence) identity.dueDiligence = { ...identity.dueDiligence, ...change.customer_due_diligence }
    if (change.last_kyc_refresh_date !== undefined) kycRefreshes.complete(identity, change.last_kyc_refresh_date)
    engine.set(identity, { userDisabled: change.set_user_disabled })
    return identityView(identity, { details: true, members: true, statusOf })
  })

  simulate('PUT /identity/identities/{id}/sandbox-status', (call) => {
    const identity = find(call)
    const { user_disabled, admin_disabled, ...checks } = readSandboxStatus(call.body)
    const set = { checks: given(checks), userDisabled: user_disabled?.disabled, adminDisabled: admin_disabled?.disabled }
    if (settings.sandboxStatusLagMs > 0) engine.setLater(identity, set, settings.sandboxStatusLagMs)
    else engine.set(identity, set)
    return {}
  })

  simulate('POST /identity/institution-members', ({ body, subject }) => {
    const { institution_id: id, members } = readAddMembers(body)
    subject.identityId = id
    const institution = identities.get(id)
    if (institution?.type !== 'INSTITUTION') throw problem(404, 'institution does not exist')
    const stranger = members.findIndex((member) => !identities.get(member.identity_id))
    if (stranger >= 0) throw problem(400, `members.${stranger}.identity_id: identity does not exist`)
    const wrong = rolesRefusal(String(institution.details.institution_type), members)
    if (wrong) throw problem(400, `members: ${wrong}`)
    const added = members.map(({ id: _none, ...member }, index) => ({
      id: random.uuid('institution member', id, institution.members.length, index),
      ...member,
    }))
    institution.members = [...institution.members, ...added]
    engine.settle(institution)
    return { institution_id: id, members: added }
  })

  simulate('DELETE /identity/institution-members/{id}', ({ id, subject }) => {
    const institution = identities.all.find(({ members }) => members.some((member) => member.id === id))
    if (!institution) throw problem(404, 'institution member does not exist')
    subject.identityId = institution.id
    const left = institution.members.filter((member) => member.id !== id)
    if (left.length === 0) throw problem(400, 'the last member of an institution cannot be removed')
    institution.members = left
    engine.settle(institution)
    return {}
  })
}

type Checks = Omit<SandboxStatusRequest, 'user_disabled' | 'admin_disabled'>

/** Only the checks in the request: an absent one must not overwrite. */
function given(checks: Checks): { [K in keyof Checks]?: NonNullable<Checks[K]> } {
  return Object.fromEntries(Object.entries(checks).filter(([, status]) => status !== undefined))
}

/** @throws 400 when a person would become an institution or an institution a person (documented) */
function refuseOtherType({ type }: Identity, change: UpdateIdentityRequest): void {
  if (type === 'PERSON' && change.institution_details) throw problem(400, 'institution_details: must not be set for a person')
  if (type === 'INSTITUTION' && change.person_details) throw problem(400, 'person_details: must not be set for an institution')
}

/** Applies a delta, also to addresses. An empty `address2` clears it (paxos/api.md 4.2). */
function updatedDetails({ details }: Identity, { person_details, institution_details }: UpdateIdentityRequest): Identity['details'] {
  const updated: Record<string, unknown> = { ...details, ...person_details, ...institution_details }
  for (const field of ['address', 'business_address', 'incorporation_address']) {
    const address = updated[field]
    if (typeof address !== 'object' || address === null || !('address2' in address) || address.address2 !== '') continue
    const { address2: _cleared, ...rest } = address
    updated[field] = rest
  }
  return updated
}

/** `control_types` and `control_reason_codes`: identities with an active control of one of these. @throws 400 for an unknown one */
function controlFilter(query: Query): (identity: Identity) => boolean {
  const [types, reasons] = [queryList(query, 'control_types'), queryList(query, 'control_reason_codes')]
  for (const [name, given, allowed] of [
    ['control_types', types, CONTROL_TYPES],
    ['control_reason_codes', reasons, CONTROL_REASONS],
  ] as const) {
    if (given.some((value) => !(allowed as readonly string[]).includes(value)))
      throw problem(400, `${name} must be of ${allowed.join(', ')}`)
  }
  return (identity) => {
    if (types.length === 0 && reasons.length === 0) return true
    const controls = activeControls(identity)
    return (
      (types.length === 0 || controls.some(({ type }) => types.includes(type))) &&
      (reasons.length === 0 || controls.some(({ reasonCode }) => reasons.includes(reasonCode)))
    )
  }
}
