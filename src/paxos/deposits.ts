import { z } from 'zod'
import { AnsweredId } from './transport/answered-amount.ts'
import { about, pageOf } from './transport/paxos-answer.ts'
import type { CallOptions, PaxosCall } from './transport/paxos-call.ts'
import { idSegment, queryString } from './transport/request-path.ts'

/** Bank details for a customer's wire (paxos/api.md 7). */
export interface PaxosDepositInstructions {
  id: string
  profileId: string
  accountId: string | null
  refId: string | null
  /** VALID or DEPRECATED. */
  status: string
  /** The customer quotes it in the wire. */
  memoId: string
  /** The bank's details as Paxos sent them. The fields differ by network. */
  networkInstructions: Readonly<Record<string, unknown>>
}

export interface NewDepositInstructions {
  ref_id: string
  profile_id: string
  identity_id: string
  account_id: string
  /** WIRE, DBS_ACT, CUBIX, SCB or RTP. */
  fiat_network: string
  /** ABA or SWIFT; only for WIRE. */
  routing_number_type?: string
}

/** A wire of invented money by deposit instructions with this memo. */
export interface SandboxWire {
  memoId: string
  /** Paxos takes USD alone. */
  asset: string
  /** A decimal string with at most two places. Paxos takes its fee off. */
  amount: string
}

export interface DepositsOfPaxos {
  /**
   * Credits a profile of the Sandbox with invented money. Paxos takes no ref_id here, so a second call credits twice: the caller checks the
   * balance first. Resolves with the id of the activity, or null.
   */
  fundSandbox(profileId: string, deposit: { asset: string; amount: string }, options?: CallOptions): Promise<string | null>
  /**
   * Sends a wire of invented money in the Sandbox; its transfer follows within about a minute. Paxos takes no ref_id here and answers without
   * an id, so a second call sends a second wire: the caller looks at the transfers first.
   */
  sendWire(wire: SandboxWire, options?: CallOptions): Promise<void>
  /** @throws PAXOS_CONFLICT when instructions with this ref_id exist */
  createInstructions(instructions: NewDepositInstructions, options?: CallOptions): Promise<PaxosDepositInstructions>
  getInstructions(instructionsId: string, options?: CallOptions): Promise<PaxosDepositInstructions>
  /** Instructions with one of these ref_ids, at most 100. */
  listInstructions(options: CallOptions & { refIds: readonly string[] }): Promise<PaxosDepositInstructions[]>
}

/** Paxos documents an empty object. */
const Done = z.looseObject({})
const Activity = z.object({ activity_id: z.string().nullish() })
const Instructions = z
  .object({
    id: z.string().min(1),
    profile_id: z.string().min(1),
    account_id: AnsweredId,
    ref_id: AnsweredId,
    status: z.string().min(1),
    memo_id: z.string().min(1),
    fiat_network_instructions: z.record(z.string(), z.unknown()),
  })
  .transform(
    ({ id, status, ...fields }): PaxosDepositInstructions => ({
      id,
      status,
      profileId: fields.profile_id,
      accountId: fields.account_id,
      refId: fields.ref_id,
      memoId: fields.memo_id,
      networkInstructions: fields.fiat_network_instructions,
    }),
  )

/** The sender of each Sandbox wire: an invented customer of an invented bank. Paxos recognises the wire by its memo. */
const INVENTED_ADDRESS = { country: 'USA', address1: '456 Example Street', city: 'New York', province: 'NY', zip_code: '10101' } as const
const INVENTED_SENDER = {
  wire: {
    account_number: '87654321',
    fiat_account_owner_address: INVENTED_ADDRESS,
    routing_details: {
      ...{ routing_number_type: 'ABA', routing_number: '123456789', bank_name: 'Example Bank' },
      bank_address: INVENTED_ADDRESS,
    },
  },
} as const

const InstructionsPage = pageOf('items', Instructions)

export function depositsOfPaxos(call: PaxosCall): DepositsOfPaxos {
  const fiat = { feature: 'deposit-instructions', schema: Instructions } as const
  return {
    async fundSandbox(profileId, deposit, options) {
      const operation = 'deposits.fund-sandbox'
      const path = `/sandbox/profiles/${idSegment(profileId, operation)}/deposit`
      const request = { operation, feature: 'balances', path, schema: Activity } as const
      const answer = await call({ ...request, method: 'POST', body: deposit, once: 'looked-up-first' }, options)
      return answer.activity_id || null
    },
    async sendWire({ memoId, asset, amount }, options) {
      const body = { amount, asset, memo_id: memoId, fiat_network_instructions: INVENTED_SENDER }
      const request = {
        operation: 'deposits.send-wire',
        feature: 'sandbox-wires',
        path: '/sandbox/fiat-deposits',
        mayBeEmpty: true,
        schema: Done,
      } as const
      await call({ ...request, method: 'POST', body, once: 'looked-up-first' }, options)
    },
    createInstructions(instructions, options) {
      const request = { ...fiat, operation: 'deposit-instructions.create', path: '/transfer/fiat-deposit-instructions' } as const
      return call({ ...request, method: 'POST', body: { ...instructions }, once: { refId: instructions.ref_id } }, options)
    },
    async getInstructions(instructionsId, options) {
      const operation = 'deposit-instructions.get'
      const path = `/transfer/fiat-deposit-instructions/${idSegment(instructionsId, operation)}`
      return about(instructionsId, await call({ ...fiat, operation, path }, options), operation)
    },
    async listInstructions({ refIds, ...options }) {
      const path = `/transfer/fiat-deposit-instructions${queryString({ ref_ids: refIds })}`
      const request = { feature: 'deposit-instructions', operation: 'deposit-instructions.list', path, mark: 'items' } as const
      return (await call({ ...request, schema: InstructionsPage }, options)).rows
    },
  }
}
