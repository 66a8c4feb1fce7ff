import { z } from 'zod'
import type { SandboxState } from '../sandbox-state.ts'
import type { Identity } from '../world/identity.ts'
import { CLIENT_CONTROLS, CONTROL_REASONS } from '../world/identity-control.ts'
import { controlView, listedControls } from './identity-view.ts'
import { page, pageRequest } from './page.ts'
import { problem } from './paxos-problem.ts'
import { queryFlag, queryText } from './query.ts'
import { readBody } from './read-body.ts'
import type { SimulateOperation } from './simulated-operation.ts'

/** Documented. */
const LIMITS = { order: 'ASC', maxLimit: 1000, defaultLimit: 100 } as const
/** The form of an identity id in these requests (documented). */
const IdentityId = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9-.]{4,62}[a-zA-Z0-9]$/, 'must be an identity id')

const CreateControl = z.strictObject({
  identity_id: z.string().min(1, 'must not be empty'),
  type: z.enum(CLIENT_CONTROLS),
  reason_code: z.enum(CONTROL_REASONS),
  reason: z.string().optional(),
})
const ForceStart = z.strictObject({ identity_id: IdentityId, expiry_days: z.number().int().min(1).max(90) })
const Reset = z.strictObject({ identity_id: IdentityId })

/** Controls of an identity, and the sandbox's switches of its KYC refresh (paxos/api.md 4.9, 4.11). */
export function identityControlRoutes(simulate: SimulateOperation, { identities, engine, kycRefreshes }: SandboxState): void {
  const find = (id: string): Identity => {
    const identity = identities.get(id)
    if (!identity) throw problem(404, 'identity does not exist')
    return identity
  }

  simulate('POST /identity/controls', ({ body, subject }) => {
    const { identity_id, type, reason_code, reason = null } = readBody(CreateControl, body)
    subject.identityId = identity_id
    return controlView(engine.addControl(find(identity_id), { type, setBy: 'CLIENT', reasonCode: reason_code, reason }))
  })

  simulate('GET /identity/controls', ({ query, subject }) => {
    const identityId = queryText(query, 'identity_id')
    if (identityId === null) throw problem(400, 'identity_id: is required')
    subject.identityId = identityId
    const deletedToo = queryFlag(query, 'include_deleted')
    const { items, nextCursor } = page(listedControls(find(identityId)), {
      request: pageRequest(query, LIMITS),
      created: { fromNs: null, toNs: null },
      keep: ({ deletedAtNs }) => deletedToo || deletedAtNs === null,
    })
    return { items: items.map(controlView), next_page_cursor: nextCursor }
  })

  simulate('DELETE /identity/controls', ({ query, subject }) => {
    const controlId = queryText(query, 'control_id')
    if (controlId === null) throw problem(400, 'control_id: is required')
    queryText(query, 'reason')
    const identity = identities.all.find(({ controls }) => controls.some(({ id }) => id === controlId))
    const control = identity?.controls.find(({ id }) => id === controlId)
    if (!identity || !control || control.deletedAtNs !== null) throw problem(404, 'control does not exist')
    subject.identityId = identity.id
    if (control.setBy !== 'CLIENT') throw problem(403, 'only a control that the client has set can be deleted')
    engine.deleteControl(identity, control)
    return {}
  })

  simulate('POST /identity/identities/{identity_id}/kyc-refresh', ({ params: { identity_id: id = '' }, subject }) => {
    subject.identityId = id
    kycRefreshes.start(find(id))
    return {}
  })

  simulate('POST /identity/kycrefresh/force-start', ({ body, subject }) => {
    const { identity_id, expiry_days } = readBody(ForceStart, body)
    subject.identityId = identity_id
    kycRefreshes.start(find(identity_id), { days: expiry_days, force: true })
    return {}
  })

  simulate('POST /identity/kycrefresh/reset', ({ body, subject }) => {
    const { identity_id } = readBody(Reset, body)
    subject.identityId = identity_id
    kycRefreshes.reset(find(identity_id))
    return {}
  })
}
