import { describe, expect, it } from 'vitest'
import { accountsOfPaxos } from '../../src/paxos/accounts.ts'
import type { PaxosCall } from '../../src/paxos/transport/paxos-call.ts'

/** Two pages of a listing; every call is recorded without its schema. */
function accountsOf() {
  const asked: unknown[] = []
  const call = async ({ schema: _, ...request }: { schema: unknown; path: string }, options: unknown) => {
    asked.push([request, options])
    return request.path.includes('page_cursor=2') ? { rows: ['b'], nextCursor: null } : { rows: ['a'], nextCursor: '2' }
  }
  return { accounts: accountsOfPaxos(call as unknown as PaxosCall), asked } // it is called for these alone
}

describe('the accounts at Paxos', () => {
  it('are read page by page, oldest first, with the priority of a replay', async () => {
    const { accounts, asked } = accountsOf()
    const pages: unknown[] = []
    for await (const page of accounts.pagesOfAll()) pages.push(page)
    expect(pages).toEqual([['a'], ['b']])
    const request = { operation: 'accounts.list', mark: 'items' }
    expect(asked).toEqual([
      [{ ...request, path: '/identity/accounts?order=ASC' }, { priority: 'replay' }],
      [{ ...request, path: '/identity/accounts?order=ASC&page_cursor=2' }, { priority: 'replay' }],
    ])
  })

  it('fail as an incomplete listing after 10,000 pages, since a listing without an end would hold the worker', async () => {
    let read = 0
    const call = async () => {
      read += 1
      return { rows: [], nextCursor: String(read) }
    }
    const walk = async (): Promise<void> => {
      for await (const page of accountsOfPaxos(call as unknown as PaxosCall).pagesOfAll()) expect(page).toEqual([]) // it is called for pages alone
    }
    await expect(walk()).rejects.toMatchObject({ code: 'PAXOS_ANSWER_MALFORMED', operation: 'accounts.list' })
    expect(read).toBe(10_000)
  })

  it('of one identity are read with the priority of the caller', async () => {
    const { accounts, asked } = accountsOf()
    expect(await accounts.listOfIdentity('i', { priority: 'live' })).toEqual(['a', 'b'])
    expect(asked[0]).toEqual([
      { operation: 'accounts.list', mark: 'items', path: '/identity/accounts?identity_id=i&order=ASC' },
      { priority: 'live' },
    ])
  })

  it('F52: are created once per ref_id', async () => {
    const { accounts, asked } = accountsOf()
    await accounts.create({ identityId: 'i', refId: 'r', type: 'BROKERAGE' }, { priority: 'live' })
    expect(asked).toMatchObject([
      [{ operation: 'accounts.create', method: 'POST', once: { refId: 'r' }, personal: false }, { priority: 'live' }],
    ])
    const account = { identity_id: 'i', ref_id: 'r', type: 'BROKERAGE' } // and no field that was not given
    const [[request]] = asked as [[{ body: unknown }]]
    expect(request.body).toStrictEqual({ create_profile: true, account })
  })

  it.each([{ description: 'of a person' }, { metadata: { note: 'of a person' } }])('are created as personal data with %o', async (more) => {
    const { accounts, asked } = accountsOf()
    await accounts.create({ identityId: 'i', refId: 'r', type: 'BROKERAGE', ...more })
    expect(asked).toMatchObject([[{ personal: true, body: { account: more } }, undefined]])
  })
})
