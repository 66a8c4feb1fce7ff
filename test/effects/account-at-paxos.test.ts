import { describe, expect, it } from 'vitest'
import { createAccount, lookUpAccount } from '../../src/effects/account-at-paxos.ts'
import type { PaxosAccount } from '../../src/paxos/accounts.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'

const OWNER = { identityId: 'identity-2', roles: ['BENEFICIAL_OWNER', 'ACCOUNT_MANAGER'] }
const WANTED = { identityId: 'identity-1', refId: 'key-1', type: 'BROKERAGE', members: [OWNER, { identityId: 'identity-3', roles: [] }] }
const ACCOUNT: PaxosAccount = { id: 'account-1', identityId: 'identity-1', refId: 'key-1', type: 'BROKERAGE', profileId: 'profile-1' }
const THIRD = { id: null, identityId: 'identity-3', roles: ['TRUSTEE'] }

/** A Paxos that answers each call with this account. */
function paxosWith(account: PaxosAccount): PaxosClient {
  return { accounts: { create: async () => account, get: async () => account } } as unknown as PaxosClient // no other call is made
}

describe('F52: an account with members', () => {
  it.each<[string, PaxosAccount['members']]>([
    ['an answer that names no members, as in the sample of Paxos', undefined],
    ['each member in its roles', [{ id: 'member-1', ...OWNER }, THIRD]],
    ['more members and more roles', [{ ...OWNER, id: null, roles: [...OWNER.roles, 'TRUSTEE'] }, THIRD, { ...THIRD, identityId: 'x' }]],
  ])('is the requested one for %s', async (_case, members) => {
    const account = members ? { ...ACCOUNT, members } : ACCOUNT
    expect(await createAccount(paxosWith(account), WANTED, 'live')).toEqual(account)
    const conflict = { existingId: 'account-1' }
    expect(await lookUpAccount(paxosWith(account), WANTED, { priority: 'live', conflict })).toEqual(account)
  })

  it.each<[string, PaxosAccount['members']]>([
    ['a member is missing', [THIRD]],
    ['a member lacks one of its roles', [{ ...OWNER, id: null, roles: ['BENEFICIAL_OWNER'] }, THIRD]],
    ['a member has the roles of another', [{ ...OWNER, id: null, identityId: 'identity-4' }, THIRD]],
    ['there is none', []],
  ])('is a different account when %s', async (_case, members = []) => {
    const paxos = paxosWith({ ...ACCOUNT, members })
    await expect(createAccount(paxos, WANTED, 'live')).rejects.toMatchObject({ code: 'ACCOUNT_MISMATCH', retry: 'never' })
  })

  it('is the requested one with any members when none were requested', async () => {
    const { members: _, ...wanted } = WANTED
    const account = { ...ACCOUNT, members: [THIRD] }
    expect(await createAccount(paxosWith(account), wanted, 'live')).toEqual(account)
  })
})
