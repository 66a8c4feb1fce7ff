import { setImmediate as breathe } from 'node:timers/promises'
import { HttpProblem } from '../../platform/problem.ts'
import type { SandboxState } from '../sandbox-state.ts'
import { createIdentity } from './create-identity.ts'
import type { StoredEvent } from './event-store.ts'

/** Identities that are made before other work runs. */
const BATCH = 500

export interface Population {
  count: number
  /** A `ref_id` is this prefix and a number from 1 on. Ids follow from the `ref_id` and the seed. */
  refIdPrefix: string
  decision: 'approve' | 'deny'
  /** True: also deliver the events to the webhook. False: only list them; the caller posts them. */
  deliver: boolean
}

/**
 * Creates many decided identities at once, each with its event, for load. The people are invented.
 * @throws HttpProblem 409 `REF_ID_TAKEN` when one of the `ref_id`s is taken; none is created then
 */
export async function populate(state: SandboxState, { count, refIdPrefix, decision, deliver }: Population): Promise<StoredEvent[]> {
  for (let n = 1; n <= count; n++) {
    if (!state.identities.byRefId(`${refIdPrefix}${n}`)) continue
    throw new HttpProblem(409, 'REF_ID_TAKEN', `There is a ref_id ${refIdPrefix}${n} already; choose another refIdPrefix, or reset.`)
  }
  const firstEvent = state.events.all.length
  const made = new Set<string>()
  for (let n = 1; n <= count; n++) {
    const identity = createIdentity(state, inventedPerson(`${refIdPrefix}${n}`))
    made.add(identity.id)
    const cleared = decision === 'approve' ? 'APPROVED' : 'DENIED'
    identity.checks = { ...identity.checks, sanctions_verification_status: cleared, additional_screening_status: cleared }
    state.engine.settle(identity, { deliver })
    if (n % BATCH === 0) await breathe()
  }
  return state.events.all.slice(firstEvent).filter(({ identityId }) => identityId !== null && made.has(identityId))
}

function inventedPerson(refId: string): Parameters<typeof createIdentity>[1] {
  return {
    ref_id: refId,
    person_details: {
      verifier_type: 'PASSTHROUGH',
      passthrough_verifier_type: 'CUSTOMER',
      passthrough_verified_at: '2026-01-01T00:00:00Z',
      passthrough_verification_id: refId,
      passthrough_verification_status: 'APPROVED',
      passthrough_verification_fields: ['FULL_LEGAL_NAME', 'DATE_OF_BIRTH'],
      first_name: 'Invented',
      last_name: 'Person',
      date_of_birth: '1990-01-01',
      address: { country: 'CAN', address1: '1 Example St', city: 'Toronto', province: 'ON', zip_code: 'M5H 2N2' },
      nationality: 'CAN',
      cip_id: refId,
      cip_id_type: 'ID_CARD',
      cip_id_country: 'CAN',
    },
    tax_details_not_required: true,
  }
}
