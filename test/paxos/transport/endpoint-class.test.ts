import { describe, expect, it } from 'vitest'
import { DOCUMENTED_LIMITS, endpointClassOf, NO_LIMITS } from '../../../src/paxos/transport/endpoint-class.ts'
import { json, startMisbehavingPaxos } from '../misbehaving-paxos.ts'
import { account, newAccount } from '../paxos-bodies.ts'

describe('the budget class of an account call', () => {
  it('F42: is the safe class of identities, unless the setting says otherwise', () => {
    expect(endpointClassOf('accounts.create', { accountsClass: 'identity' })).toBe('identity')
    expect(endpointClassOf('accounts.create', { accountsClass: 'general' })).toBe('general')
    expect(endpointClassOf('identities.list', { accountsClass: 'general' })).toBe('identity')
  })

  it.each([
    [undefined, 'identity'],
    ['general', 'general'],
  ] as const)('F42: is the class whose budget the call uses (%s)', async (accountsClass, endpointClass) => {
    const limits = { ...NO_LIMITS, [endpointClass]: DOCUMENTED_LIMITS[endpointClass] }
    const server = await startMisbehavingPaxos({ limits, now: () => 0, ...(accountsClass ? { accountsClass } : {}) })
    server.reply(json(200, account))
    const room = 300 * DOCUMENTED_LIMITS[endpointClass] * 0.97
    expect(await server.budget.etaMs(endpointClass, room, { priority: 'live' })).toBe(0)
    await server.paxos.accounts.create(newAccount)
    await server.paxos.accounts.create(newAccount)
    expect(await server.budget.etaMs(endpointClass, room, { priority: 'live' })).toBeGreaterThan(0)
  })
})
