import type { SandboxState } from '../sandbox-state.ts'
import { createIdentity } from '../world/create-identity.ts'
import { IDENTITY_STATUSES, type Identity } from '../world/identity.ts'
import { readCreateIdentity, readSandboxStatus, readUpdateIdentity, type SandboxStatusRequest } from './identity-request.ts'
import { identityView } from './identity-view.ts'
import { page, pageRequest } from './page.ts'
import { alreadyExists, problem } from './paxos-problem.ts'
import { queryFlag, queryText } from './query.ts'
import type { Call, SimulateOperation } from './simulated-operation.ts'
import { isWithin, timeRange } from './time-range.ts'

/** How many identities one page may have: the limit of List Identities is not documented (assumed). */
const MAX_LIMIT = 1000
const DEFAULT_LIMIT = 100

/** Create, get, list and update identities, and the sandbox's status switch (paxos/api.md 4.1, 4.6, 4.9). */
export function identityRoutes(simulate: SimulateOperation, state: SandboxState): void {
  const { identities, engine } = state
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
    return identityView(identity, { details: true, members: true })
  })

  simulate('GET /identity/identities/{id}', (call) => {
    const details = queryFlag(call.query, 'include_details')
    const members = queryFlag(call.query, 'include_institution_members')
    return identityView(find(call), { details, members })
  })

  simulate('GET /identity/identities', ({ query }) => {
    const status = queryText(query, 'summary_status', IDENTITY_STATUSES)
    const type = queryText(query, 'identity_type', ['PERSON', 'INSTITUTION'])
    queryText(query, 'order_by', ['CREATED_AT'])
    const updated = timeRange(query, 'updated_at')
    const { items, nextCursor } = page(identities.all, {
      request: pageRequest(query, { order: 'DESC', maxLimit: MAX_LIMIT, defaultLimit: DEFAULT_LIMIT }),
      created: timeRange(query, 'created_at'),
      keep: (identity) =>
        (status === null || identity.status === status) &&
        (type === null || identity.type === type) &&
        isWithin(identity.updatedAtNs, updated),
    })
    return { items: items.map((identity) => identityView(identity, { details: false, members: false })), next_page_cursor: nextCursor }
  })

  simulate('PUT /identity/identities/{id}', (call) => {
    const identity = find(call)
    const change = readUpdateIdentity(call.body)
    if (change.ref_id !== undefined && change.ref_id !== identity.refId) {
      const other = identities.byRefId(change.ref_id)
      if (other) throw alreadyExists('duplicate ref_id provided', { id: other.id })
      identities.rename(identity, change.ref_id)
    }
    identity.details = { ...identity.details, ...change.person_details }
    identity.metadata = change.metadata ?? identity.metadata
    identity.taxDetails = change.tax_details ?? identity.taxDetails
    identity.taxDetailsNotRequired = change.set_tax_details_not_required ?? identity.taxDetailsNotRequired
    identity.isMerchant = change.is_merchant ?? identity.isMerchant
    identity.dueDiligence = change.customer_due_diligence ?? identity.dueDiligence
    engine.set(identity, { userDisabled: change.set_user_disabled })
    return identityView(identity, { details: true, members: true })
  })

  simulate('PUT /identity/identities/{id}/sandbox-status', (call) => {
    const identity = find(call)
    const { user_disabled, admin_disabled, ...checks } = readSandboxStatus(call.body)
    engine.set(identity, { checks: given(checks), userDisabled: user_disabled?.disabled, adminDisabled: admin_disabled?.disabled })
    return {}
  })
}

type Checks = Omit<SandboxStatusRequest, 'user_disabled' | 'admin_disabled'>

/** Only the checks that the request names: an absent one must not overwrite. */
function given(checks: Checks): { [K in keyof Checks]?: NonNullable<Checks[K]> } {
  return Object.fromEntries(Object.entries(checks).filter(([, status]) => status !== undefined))
}
