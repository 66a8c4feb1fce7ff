import { describe, expect, it } from 'vitest'
import { startTrader, type Trader } from './exchange/trader.ts'
import { documentedOperations, hasDocument, requestViolations, resolved } from './paxos-document.ts'
import { institution, person } from './person.ts'

type Json = Record<string, unknown>
type Schema = Parameters<typeof resolved>[0]

const ADDRESS = { country: 'USA', address1: '456 Main Street', city: 'New York', province: 'NY', zip_code: '10101' }

/** A body that the operation accepts, for each operation with a body. Each mutation gets a new one, because names can be used once. */
const SAMPLES: Readonly<Record<string, (trader: Trader) => Promise<{ path: string; body: Json }> | { path: string; body: Json }>> = {
  'POST /identity/identities': () => ({ path: '/identity/identities', body: person() }),
  'POST /identity/identities (institution)': ({ identityId }) => ({ path: '/identity/identities', body: institution(identityId) }),
  'PUT /identity/identities/{id}': ({ identityId }) => {
    const { ref_id: _none, ...changes } = person() as { ref_id: string }
    return { path: `/identity/identities/${identityId}`, body: changes }
  },
  'PUT /identity/identities/{id}/sandbox-status': ({ identityId }) => ({
    path: `/identity/identities/${identityId}/sandbox-status`,
    body: { id_verification_status: 'APPROVED', user_disabled: { disabled: false } },
  }),
  'PUT /identity/identities/{identity_id}/documents': ({ identityId }) => ({
    path: `/identity/identities/${identityId}/documents`,
    body: { name: `${Math.random()}.pdf`, document_types: ['CURP'] },
  }),
  'POST /identity/controls': ({ identityId }) => ({
    path: '/identity/controls',
    body: { identity_id: identityId, type: 'SELL_ONLY', reason_code: 'OTHER', reason: 'a test' },
  }),
  'POST /identity/kycrefresh/force-start': ({ identityId }) => ({
    path: '/identity/kycrefresh/force-start',
    body: { identity_id: identityId, expiry_days: 30 },
  }),
  'POST /identity/kycrefresh/reset': ({ identityId }) => ({ path: '/identity/kycrefresh/reset', body: { identity_id: identityId } }),
  'POST /identity/accounts': ({ identityId }) => ({
    path: '/identity/accounts',
    body: {
      create_profile: true,
      account: { identity_id: identityId, ref_id: `a-${Math.random()}`, type: 'BROKERAGE', members: [], metadata: { a: 'b' } },
    },
  }),
  'PUT /identity/accounts': ({ accountId }) => ({
    path: '/identity/accounts',
    body: { account: { id: accountId, description: 'changed', metadata: { a: 'b' } }, set_user_disabled: false },
  }),
  'POST /identity/account-members': async ({ accountId, call }) => {
    const { id } = (await call('POST', '/identity/identities', person())).body
    return {
      path: '/identity/account-members',
      body: { account_id: accountId, members: [{ identity_id: id, roles: ['AUTHORIZED_USER'] }] },
    }
  },
  'POST /identity/institution-members': async ({ identityId, call }) => {
    const { id } = (await call('POST', '/identity/identities', institution(identityId))).body
    return {
      path: '/identity/institution-members',
      body: { institution_id: id, members: [{ identity_id: identityId, roles: ['TRUSTEE'] }] },
    }
  },
  'POST /profiles': () => ({ path: '/profiles', body: { nickname: `p-${Math.random()}`, description: 'x' } }),
  'PUT /profiles/{profile_id}': ({ profileId }) => ({ path: `/profiles/${profileId}`, body: { nickname: `p-${Math.random()}` } }),
  'POST /sandbox/profiles/{profile_id}/deposit': ({ profileId }) => ({
    path: `/sandbox/profiles/${profileId}/deposit`,
    body: { asset: 'BTC', amount: '0.5', crypto_network: 'BITCOIN' },
  }),
  'POST /profiles/{profile_id}/orders': ({ profileId, identityId, accountId }) => ({
    path: `/profiles/${profileId}/orders`,
    body: {
      ...{
        side: 'BUY',
        market: 'ETHUSD',
        type: 'LIMIT',
        base_amount: '0.001',
        price: '3000.00',
        time_in_force: 'GTC',
        await_fill_millis: 0,
      },
      ...{ identity_id: identityId, identity_account_id: accountId, metadata: { a: 'b' } },
    },
  }),
  'POST /profiles/{profile_id}/quote-executions': async ({ profileId, call }) => {
    const [quote] = (await call('GET', '/quotes?markets=ETHUSD')).body.items
    return { path: `/profiles/${profileId}/quote-executions`, body: { quote_id: quote?.id, quote_amount: '1.00', metadata: { a: 'b' } } }
  },
  'POST /transfer/fiat-deposit-instructions': ({ profileId, identityId }) => ({
    path: '/transfer/fiat-deposit-instructions',
    body: { profile_id: profileId, identity_id: identityId, fiat_network: 'WIRE', routing_number_type: 'ABA', metadata: { a: 'b' } },
  }),
  'POST /sandbox/fiat-deposits': async ({ profileId, call }) => {
    const wanted = { profile_id: profileId, fiat_network: 'WIRE' }
    const { memo_id } = (await call('POST', '/transfer/fiat-deposit-instructions', wanted)).body
    const routing_details = { routing_number_type: 'ABA', routing_number: '1', bank_name: 'Some Bank', bank_address: ADDRESS }
    const fiat_network_instructions = { wire: { account_number: '1', fiat_account_owner_address: ADDRESS, routing_details } }
    const fiat_account_owner = { person_details: { first_name: 'Ada', last_name: 'Moreno' } }
    return { path: '/sandbox/fiat-deposits', body: { amount: '100', asset: 'USD', memo_id, fiat_network_instructions, fiat_account_owner } }
  },
  'POST /transfer/internal': ({ profileId, sandbox }) => ({
    path: '/transfer/internal',
    body: { from_profile_id: profileId, to_profile_id: sandbox.accounts.profiles[0]?.id, amount: '1', asset: 'USD', metadata: { a: 'b' } },
  }),
}

/**
 * The document's pattern forbids it, and its text asks for it: an empty `address2` clears the field on an update (paxos/api.md 4.2, F38).
 */
const DOCUMENTED_OTHERWISE: readonly string[] = ['person_details.address.address2 = ""']

/** Values that some schema forbids: of another type, too long, outside an alphabet, outside an enumeration, out of range. */
const WRONG: readonly unknown[] = [
  null,
  7,
  -1,
  1e9,
  true,
  'é',
  '',
  'NO_SUCH',
  '1e3',
  '-1',
  'x'.repeat(300),
  {},
  [],
  ['NO_SUCH'],
  [7],
  { a: 7 },
]

/** Every body that differs from `body` in one field: another value, a field added, a field left out, an unknown field. */
function* mutations(schema: Schema, body: Json): Generator<{ what: string; body: Json }> {
  const { properties = {}, required = [] } = resolved(schema)
  yield { what: 'no_such_field added', body: { ...body, no_such_field: 'x' } }
  for (const field of required) {
    const { [field]: _gone, ...rest } = body
    yield { what: `${field} left out`, body: rest }
  }
  for (const [field, inner] of Object.entries(properties)) {
    for (const value of WRONG) yield { what: `${field} = ${JSON.stringify(value)}`, body: { ...body, [field]: value } }
    const held = body[field]
    if (typeof held === 'object' && held !== null && !Array.isArray(held)) {
      for (const deeper of mutations(inner, held as Json))
        yield { what: `${field}.${deeper.what}`, body: { ...body, [field]: deeper.body } }
    }
    const item = Array.isArray(held) ? held[0] : undefined
    const items = resolved(inner).items
    if (items && typeof item === 'object' && item !== null) {
      for (const deeper of mutations(items, item as Json))
        yield { what: `${field}[0].${deeper.what}`, body: { ...body, [field]: [deeper.body] } }
    }
  }
}

describe.skipIf(!hasDocument)('F44: one field of a request changed into what the document forbids', () => {
  const operations = hasDocument ? new Map(documentedOperations().map((operation) => [operation.name, operation])) : new Map()

  it.each(Object.keys(SAMPLES))('%s is answered 400 for every such change', async (name) => {
    const trader = await startTrader()
    const operation = operations.get(name.replace(/ \(.*\)$/, ''))!
    const sample = SAMPLES[name]!
    const { path, body } = await sample(trader)
    expect(requestViolations(operation, body)).toEqual([])
    const [method = ''] = name.split(' ')
    const tried = await trader.call(method, path, body)
    expect([tried.status, tried.body.detail]).toEqual([200, undefined])
    const schema = operation.operation.requestBody.content['application/json'].schema as Schema
    const accepted: string[] = []
    let forbidden = 0
    const fresh = (await sample(trader)).body
    for (const mutation of mutations(schema, fresh)) {
      if (requestViolations(operation, mutation.body).length === 0) continue
      forbidden++
      const answer = await trader
        .call(method, path, mutation.body)
        .catch((error: Error) => ({ status: 200, body: { detail: error.message } }))
      if (answer.status < 400) accepted.push(mutation.what)
      else expect([mutation.what, answer.status]).toEqual([mutation.what, 400])
    }
    expect(forbidden).toBeGreaterThan(5)
    expect(accepted.filter((what) => !DOCUMENTED_OTHERWISE.includes(what))).toEqual([])
  })

  it('covers every simulated operation that takes a body', async () => {
    const { OPERATION_NAMES } = await import('../../src/sandbox/api/operations.ts')
    const bodied = OPERATION_NAMES.filter((name) => operations.get(name)?.operation.requestBody)
    expect(bodied.filter((name) => !(name in SAMPLES))).toEqual([])
  })
})
