import { Registry } from 'prom-client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createPaxosClient, type PaxosClient } from '../../src/paxos/paxos-client.ts'
import { PaxosConflictError } from '../../src/paxos/paxos-errors.ts'
import { createBudget } from '../../src/paxos/transport/budget.ts'
import { DOCUMENTED_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import { EVERY_NETWORK } from '../../src/platform/address-policy.ts'
import { createLogger } from '../../src/platform/logger.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { person } from '../sandbox/person.ts'
import { type Running, startSandbox } from '../sandbox/start-sandbox.ts'

function clientOf({ apiUrl, tokenUrl }: Sandbox): PaxosClient {
  const paxos = createPaxosClient({
    apiUrl,
    tokenUrl,
    outgoing: EVERY_NETWORK,
    clientId: 'sandbox',
    clientSecret: 'sandbox',
    timeoutMs: 5_000,
    budget: createBudget({ limits: DOCUMENTED_LIMITS }),
    logger: createLogger({ level: 'silent' }),
    metrics: new Registry(),
  })
  onTestFinished(() => paxos.close())
  return paxos
}

async function start(): Promise<Running & { paxos: PaxosClient }> {
  const running = await startSandbox()
  return { ...running, paxos: clientOf(running.sandbox) }
}

const withRefId = (refId: string) => ({ ...person({ refId }), ref_id: refId })

describe('the client against the simulator', () => {
  it('goes the whole way from a person to an account with its profile', async () => {
    const { paxos } = await start()
    const created = await paxos.identities.create(withRefId('user-whole-way'))
    expect(created).toMatchObject({ status: 'PENDING', refId: 'user-whole-way' })
    await expect.poll(async () => (await paxos.identities.get(created.id)).status).toBe('APPROVED')

    const { events, nextCursor } = await paxos.events.list({ type: 'identity.approved', limit: 100 })
    expect(nextCursor).toBeNull()
    expect(events).toMatchObject([{ identityId: created.id, oldStatus: 'PENDING', newStatus: 'APPROVED' }])
    expect(await paxos.events.get(events[0]!.id)).toEqual(events[0])

    const account = await paxos.accounts.create({ identityId: created.id, refId: 'account-whole-way', type: 'BROKERAGE' })
    expect(account.profileId).toEqual(expect.any(String))
    expect(await paxos.accounts.listOfIdentity(created.id)).toEqual([account])
    expect(await paxos.accounts.get(account.id)).toEqual(account)
  })

  it('reports as a conflict what exists already', async () => {
    const { paxos } = await start()
    const request = withRefId('user-twice')
    const { id } = await paxos.identities.create(request)
    const conflict = await paxos.identities.create({ ...request, ref_id: 'user-another' }).catch((error: unknown) => error)
    expect(conflict).toBeInstanceOf(PaxosConflictError)
    expect(conflict).toMatchObject({ existingId: id, duplicate: 'person' })
    const account = await paxos.accounts.create({ identityId: id, refId: 'account-twice', type: 'BROKERAGE' })
    await expect(paxos.accounts.create({ identityId: id, refId: 'account-twice', type: 'BROKERAGE' })).rejects.toMatchObject({
      code: 'PAXOS_CONFLICT',
      existingId: account.id,
      duplicate: 'ref_id',
    })
  })

  it('reports as not found what is unknown', async () => {
    const { paxos } = await start()
    await expect(paxos.events.get('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({ code: 'PAXOS_NOT_FOUND', status: 404 })
    await expect(paxos.events.get('not-a-uuid')).rejects.toMatchObject({ code: 'PAXOS_NOT_FOUND', status: 400 })
  })

  it('finds the account again when the answer to its creation was lost', async () => {
    const { paxos, control } = await start()
    const { id } = await paxos.identities.create(withRefId('user-lost-answer'))
    await control('POST', '/faults', { on: 'POST /identity/accounts', do: 'act-then-drop', next: 1 })
    await expect(paxos.accounts.create({ identityId: id, refId: 'account-lost', type: 'BROKERAGE' })).rejects.toMatchObject({
      code: 'PAXOS_OUTCOME_UNKNOWN',
    })
    expect(await paxos.accounts.listOfIdentity(id)).toMatchObject([{ refId: 'account-lost', profileId: expect.any(String) }])
  })
})
