import { z } from 'zod'
import { decimal, ZERO } from '../money/decimal.ts'
import { type DepositInstructions, FIAT_NETWORKS } from '../money/transfer-store.ts'
import type { SandboxState } from '../sandbox-state.ts'
import { toRfc3339 } from '../world/nano-clock.ts'
import { BankAddress } from './address-request.ts'
import { RECORD_DIGITS } from './identity-view.ts'
import { TradeMetadata } from './order-request.ts'
import { page, pageRequest } from './page.ts'
import { alreadyExists, problem } from './paxos-problem.ts'
import { queryList } from './query.ts'
import { readBody } from './read-body.ts'
import type { SimulateOperation } from './simulated-operation.ts'
import { timeRange } from './time-range.ts'

/** Documented. */
const MAX_LIMIT = 1000
const DEFAULT_LIMIT = 100
const MAX_FILTER_VALUES = 100
/** Characters of a memo, without vowels so that no word appears (the form of the document's sample). */
const MEMO_LETTERS = 'BCDFGHJKLMNPQRSTVWXZ23456789'
const MEMO_LENGTH = 16

const text = z.string().min(1, 'must not be empty')
const RoutingType = z.enum(['ABA', 'SWIFT'])
const InstructionsRequest = z.strictObject({
  ref_id: text.optional(),
  profile_id: text,
  identity_id: text.optional(),
  account_id: text.optional(),
  fiat_network: z.enum(FIAT_NETWORKS),
  routing_number_type: RoutingType.optional(),
  metadata: TradeMetadata.optional(),
})

const RoutingDetails = z.strictObject({
  routing_number_type: RoutingType,
  routing_number: text,
  bank_name: text,
  bank_address: BankAddress,
})
const WireRequest = z.strictObject({
  amount: z.string().regex(/^[0-9]*\.?[0-9]{1,2}$/, 'must be a decimal with at most two places, without sign or exponent'),
  asset: z.literal('USD', 'must be USD'),
  memo_id: text,
  fiat_network_instructions: z.strictObject({
    wire: z
      .strictObject({
        account_number: text,
        fiat_account_owner_address: BankAddress,
        routing_details: RoutingDetails,
        intermediary_routing_details: RoutingDetails.optional(),
      })
      .optional(),
    cbit: z.strictObject({ wallet_address: text }).optional(),
    dbs_act: z.strictObject({ account_number: text }).optional(),
    cubix: z.strictObject({ account_id: text }).optional(),
    scb: z.strictObject({ account_number: text }).optional(),
    rtp: z
      .strictObject({
        account_number: text,
        fiat_account_owner_address: BankAddress.optional(),
        routing_details: z.strictObject({ routing_number: text, bank_name: text.optional(), bank_address: BankAddress.optional() }),
      })
      .optional(),
  }),
  fiat_account_owner: z
    .strictObject({
      person_details: z.strictObject({ first_name: text, last_name: text }).optional(),
      institution_details: z.strictObject({ name: text }).optional(),
    })
    .optional(),
})

/** Instructions for fiat deposits, and the wire of the sandbox that follows them (paxos/api.md 7). */
export function fiatDepositRoutes(simulate: SimulateOperation, state: SandboxState): void {
  const { transfers, transferDesk, accounts, identities, random, clock } = state

  simulate('POST /transfer/fiat-deposit-instructions', ({ body, subject }) => {
    const request = readBody(InstructionsRequest, body)
    const { ref_id: refId = null, profile_id: profileId, identity_id: identityId = null, account_id: accountId = null } = request
    if (refId !== null) subject.refId = refId
    subject.profileId = profileId
    if (!accounts.profile(profileId)) throw problem(404, `profile not found: ${profileId}`)
    const customer = random.uuid('customer')
    if (identityId !== null && !identities.get(identityId)) throw problem(404, `identity not found for customer ${customer}`)
    if (accountId !== null && !accounts.get(accountId)) throw problem(404, `account not found: ${accountId}`)
    if (request.routing_number_type !== undefined && request.fiat_network !== 'WIRE') {
      throw problem(400, 'routing_number_type: must be set for WIRE only')
    }
    const known = refId === null ? undefined : transfers.instructions.find((instructions) => instructions.refId === refId)
    if (known) throw alreadyExists(`fiat deposit instructions already exists with ref_id '${refId}'`, instructionsView(known, state))
    const id = random.uuid('deposit instructions', refId ?? 'without ref_id', transfers.instructions.length)
    const instructions: DepositInstructions = {
      id,
      createdAtNs: clock.next(1000n),
      ...{ profileId, identityId, accountId, refId },
      network: request.fiat_network,
      routingNumberType: request.routing_number_type ?? 'ABA',
      memoId: memoOf(id),
      metadata: request.metadata ?? null,
    }
    transfers.addInstructions(instructions)
    return instructionsView(instructions, state)
  })

  simulate('GET /transfer/fiat-deposit-instructions/{id}', ({ id }) => {
    const instructions = transfers.instructions.find((known) => known.id === id)
    if (!instructions) throw problem(404, `fiat deposit instructions not found: ${id}`)
    return instructionsView(instructions, state)
  })

  simulate('GET /transfer/fiat-deposit-instructions', ({ query }) => {
    const [ids, refIds] = [queryList(query, 'ids'), queryList(query, 'ref_ids')]
    if (Math.max(ids.length, refIds.length) > MAX_FILTER_VALUES)
      throw problem(400, `ids and ref_ids may name at most ${MAX_FILTER_VALUES} each`)
    const { items, nextCursor } = page(transfers.instructions, {
      request: pageRequest(query, { order: 'DESC', maxLimit: MAX_LIMIT, defaultLimit: DEFAULT_LIMIT }),
      created: timeRange(query, 'created_at'),
      keep: ({ id, refId }) =>
        (ids.length === 0 || ids.includes(id)) && (refIds.length === 0 || (refId !== null && refIds.includes(refId))),
    })
    return { items: items.map((instructions) => instructionsView(instructions, state)), next_page_cursor: nextCursor }
  })

  simulate('POST /sandbox/fiat-deposits', ({ body, subject }) => {
    const { amount: written, asset, memo_id: memoId, fiat_network_instructions: network } = readBody(WireRequest, body)
    if (Object.keys(network).length === 0) throw problem(400, 'fiat network instructions required')
    const amount = decimal(written.startsWith('.') ? `0${written}` : written)
    if (amount.lte(ZERO)) throw problem(400, `amount invalid: invalid amount '${written}': must be positive decimal`)
    const instructions = transfers.byMemo(memoId)
    if (!instructions) throw problem(400, 'memo_id: no fiat deposit instructions have this memo')
    subject.profileId = instructions.profileId
    transferDesk.receiveWire(instructions, amount, asset)
    return {}
  })
}

/** Sixteen characters, derived from the id. */
function memoOf(id: string): string {
  const bytes = Buffer.from(id.replaceAll('-', ''), 'hex')
  return Array.from(bytes.subarray(0, MEMO_LENGTH), (byte) => MEMO_LETTERS[byte % MEMO_LETTERS.length]).join('')
}

function instructionsView(instructions: DepositInstructions, { random, identities }: Pick<SandboxState, 'random' | 'identities'>): object {
  const { identityId, accountId, refId, metadata } = instructions
  const details = identityId === null ? undefined : identities.get(identityId)?.details
  const owner = details?.first_name
    ? { person_details: { first_name: details.first_name, last_name: details.last_name } }
    : { institution_details: { name: details?.name ?? 'Invented Brokerage' } }
  return {
    id: instructions.id,
    profile_id: instructions.profileId,
    identity_id: identityId ?? random.uuid('customer identity'), // always present, also without one in the request (documented)
    ...(accountId === null ? {} : { account_id: accountId }),
    ...(refId === null ? {} : { ref_id: refId }),
    status: 'VALID',
    memo_id: instructions.memoId,
    fiat_network_instructions: networkInstructions(instructions),
    fiat_account_owner: owner,
    ...(metadata ? { metadata } : {}),
    created_at: toRfc3339(instructions.createdAtNs, RECORD_DIGITS),
  }
}

/** The bank of the simulator: invented. */
function networkInstructions({ network, routingNumberType }: DepositInstructions): object {
  const address = { country: 'USA', address1: '123 Example Street', city: 'New York', province: 'NY', zip_code: '10101' }
  const routing = {
    routing_number_type: routingNumberType,
    routing_number: routingNumberType === 'ABA' ? '123456789' : 'EXMPUS33',
    bank_name: 'Example Bank',
    bank_address: address,
  }
  switch (network) {
    case 'WIRE':
      return { wire: { account_number: '12345678', fiat_account_owner_address: address, routing_details: routing } }
    case 'RTP':
      return { rtp: { account_number: '12345678', routing_details: { routing_number: '123456789', bank_name: 'Example Bank' } } }
    case 'CUBIX':
      return { cubix: { account_id: '5f1c6f0e-3c0b-4a68-9d43-0d8a3c1f2a77' } }
    case 'DBS_ACT':
      return { dbs_act: { account_number: '12345678' } }
    case 'SCB':
      return { scb: { account_number: '12345678' } }
  }
}
