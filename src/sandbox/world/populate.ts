import { setImmediate as breathe } from 'node:timers/promises'
import { HttpProblem } from '../../platform/problem.ts'
import type { SandboxState } from '../sandbox-state.ts'
import { createIdentity } from './create-identity.ts'
import type { StoredEvent } from './event-store.ts'

/** How many identities are made before other work gets its turn. */
const BATCH = 500

export interface Population {
  count: number
  /** `ref_id`s are this and a number from 1 on; ids follow from them and the seed. */
  refIdPrefix: string
  decision: 'approve' | 'deny'
  /** Send the events to the webhook too; else they are only listed, and whoever asked posts them. */
  deliver: boolean
}

/**
 * Makes many identities at once, already decided on, each with its event: for load. The people are invented.
 * @throws HttpProblem 409 `REF_ID_TAKEN`, having made none, when one of the `ref_id`s is taken.
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
