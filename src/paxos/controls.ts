import { z } from 'zod'
import { PaxosId, pageOf, RawTime } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { queryString } from './transport/request-path.ts'

/** An active restriction of an identity. Its free text is not read: it may name a person. */
export interface PaxosControl {
  id: string
  /** SELL_ONLY, CLOSED, FROZEN, DORMANT. An open set. */
  type: string
  setBy: 'CLIENT' | 'PAXOS'
  reasonCode: string | null
  createdAt: string
}

export interface NewControl {
  identity_id: string
  type: string
  reason_code: string
  reason?: string
}

/** Restrictions of identities (paxos/api.md 4.9). */
export interface ControlsOfPaxos {
  /** Paxos takes no ref_id here: the caller looks for an active control of the type first. */
  create(control: NewControl, options?: CallOptions): Promise<PaxosControl>
  /** Paxos deletes only controls that a client has set. @throws PAXOS_NOT_FOUND for a control that is deleted already */
  remove(controlId: string, reason: string | null, options?: CallOptions): Promise<void>
  /** The active controls of an identity: at most 1,000. */
  list(identityId: string, options?: CallOptions): Promise<PaxosControl[]>
}

const code = z
  .string()
  .regex(/^[A-Z_]{1,80}$/)
  .nullish()
  .catch(null)
const Control = z
  .object({ id: PaxosId, type: z.string().min(1), set_by: z.string().min(1), reason_code: code, created_at: RawTime })
  .transform(
    ({ id, type, set_by, reason_code, created_at }): PaxosControl => ({
      ...{ id, type, reasonCode: reason_code ?? null, createdAt: created_at },
      setBy: /CLIENT$/.test(set_by) ? 'CLIENT' : 'PAXOS',
    }),
  )
const ControlPage = pageOf('items', Control)
/** The documented maximum of a page. */
const MOST = 1000

export function controlsOfPaxos(call: PaxosCall): ControlsOfPaxos {
  const feature = 'controls'
  return {
    create(control, options) {
      const request = { operation: 'controls.create', feature, path: '/identity/controls', personal: true, schema: Control } as const
      return call({ ...request, method: 'POST', body: { ...control }, once: 'looked-up-first' }, options)
    },
    async remove(controlId, reason, options) {
      const path = `/identity/controls${queryString({ control_id: controlId, reason: reason ?? undefined })}`
      const request = { operation: 'controls.delete', feature, path, personal: true, schema: z.object({}), mayBeEmpty: true } as const
      await call({ ...request, method: 'DELETE', once: 'sets-a-state' }, options)
    },
    async list(identityId, options) {
      const path = `/identity/controls${queryString({ identity_id: identityId, limit: MOST })}`
      return (await call({ operation: 'controls.list', feature, path, mark: 'items', schema: ControlPage }, options)).rows
    },
  }
}
