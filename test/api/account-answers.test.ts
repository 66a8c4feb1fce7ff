import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { API_SCHEMAS } from '../../src/api/api-schemas.ts'
import { eventually } from '../saga/world.ts'
import { startTradingApi, type TradingApi } from './trading-api.ts'

let api: TradingApi
beforeAll(async () => {
  api = await startTradingApi()
}, 60_000)
afterAll(() => api.close())

const TOKEN = { authorization: 'Bearer operator-token-of-this-test' }

describe('the routes of further accounts and members', () => {
  it('answer by their schemas, and name every wrong field at once (A46)', async () => {
    const other = (await api.useCases.getAccount(await api.openAccount())).identityId
    const { identityId } = await api.useCases.getAccount(api.accountId)
    const path = `/v1/onboardings/${identityId}/accounts`
    const post = (url: string, body: unknown, key: string) => api.call('POST', url, { body, headers: { ...TOKEN, 'idempotency-key': key } })

    const wrong = await post(path, { type: 'SAVINGS', createProfile: false, members: [{ identityId: other, roles: [] }] }, 'wrong')
    expect([wrong.status, wrong.body.errors.map(({ field }: { field: string }) => field).toSorted()]).toEqual([
      400,
      ['createProfile', 'members.0.roles', 'type'],
    ])
    const ira = await post(path, { type: 'ROTH_IRA', members: [{ identityId: other, roles: ['BENEFICIAL_OWNER'] }] }, 'ira')
    expect([ira.status, ira.body.code, ira.body.errors[0].field]).toEqual([422, 'ACCOUNT_NOT_POSSIBLE', 'members.0.roles'])

    const joint = { description: 'both', members: [{ identityId: other, roles: ['BENEFICIAL_OWNER'] }] }
    const opened = await eventually(
      () => post(path, joint, 'joint'),
      ({ body }) => body.state === 'opened',
    )
    expect(API_SCHEMAS.FurtherAccount.parse(opened.body)).toMatchObject({ owners: [identityId, other] })
    expect(JSON.stringify(opened.body)).not.toContain('both')
    const listed = await api.call('GET', `/v1/onboardings/${other}/accounts`)
    expect(API_SCHEMAS.FurtherAccountList.parse(listed.body).items).toHaveLength(1)
    const shown = await api.call('GET', `/v1/accounts/${opened.body.accountId}`)
    expect(API_SCHEMAS.Account.parse(shown.body)).toMatchObject({ standing: 'trades', members: [{ identityId: other }] })

    const [{ id: memberId }] = shown.body.members
    const removed = await api.call('DELETE', `/v1/accounts/${opened.body.accountId}/members/${memberId}`)
    expect(API_SCHEMAS.AccountMemberChange.parse(removed.body)).toMatchObject({ kind: 'remove' })
    const last = await api.call('DELETE', `/v1/accounts/${opened.body.accountId}/members/${identityId}`)
    expect([last.status, last.body.code]).toEqual([409, 'LAST_OWNER'])
    const added = await post(
      `/v1/accounts/${api.accountId}/members`,
      { members: [{ identityId: other, roles: ['AUTHORIZED_USER'] }] },
      'add',
    )
    expect(API_SCHEMAS.AccountMemberChange.parse(added.body)).toMatchObject({ kind: 'add' })
  })
})
