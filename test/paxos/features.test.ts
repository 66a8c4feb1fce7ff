import { Registry } from 'prom-client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createPaxosClient, type PaxosClient } from '../../src/paxos/paxos-client.ts'
import { createBudget } from '../../src/paxos/transport/budget.ts'
import { NO_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import { ALL_FEATURES, type Feature, SCOPES } from '../../src/paxos/transport/scopes.ts'
import { EVERY_NETWORK } from '../../src/platform/address-policy.ts'
import { createLogger } from '../../src/platform/logger.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { openSandbox } from '../sandbox/start-sandbox.ts'

const ONBOARDING = SCOPES.onboarding
const GRANTED = [...ONBOARDING, 'funding:read_profile', 'exchange:read_order']

async function openPaxos(scopes: readonly string[], features?: readonly Feature[]): Promise<{ paxos: PaxosClient; sandbox: Sandbox }> {
  const sandbox = await openSandbox({ clients: [{ id: 'narrow', secret: 'narrow', scopes: [...scopes] }] })
  onTestFinished(() => sandbox.close())
  const paxos = createPaxosClient({
    ...{
      apiUrl: sandbox.apiUrl,
      tokenUrl: sandbox.tokenUrl,
      clientId: 'narrow',
      clientSecret: 'narrow',
      timeoutMs: 2_000,
      outgoing: EVERY_NETWORK,
    },
    ...{ budget: createBudget({ limits: NO_LIMITS }), logger: createLogger({ level: 'silent' }), metrics: new Registry() },
    ...(features ? { features } : {}),
  })
  onTestFinished(() => paxos.close())
  return { paxos, sandbox }
}

const tokensAsked = (sandbox: Sandbox): number =>
  sandbox.story
    .read({ after: 0, limit: 1_000, kind: 'call' })
    .filter((call) => 'operation' in call && call.operation === 'POST /oauth2/token').length

describe('the scopes of Paxos', () => {
  it('that are missing are named for each feature, one by one', async () => {
    const { paxos } = await openPaxos(GRANTED)
    expect(await paxos.missingScopes()).toEqual([
      { feature: 'controls', scopes: [...SCOPES.controls] },
      { feature: 'orders', scopes: ['exchange:write_order'] },
      { feature: 'quotes', scopes: [...SCOPES.quotes] },
      { feature: 'transfers', scopes: ['transfer:read_transfer'] },
      { feature: 'deposit-instructions', scopes: [...SCOPES['deposit-instructions']] },
      { feature: 'sandbox-wires', scopes: ['transfer:write_sandbox_fiat_deposit'] },
    ])
  })

  it('of a feature that is left out are not demanded, and a call of it sends nothing', async () => {
    const { paxos, sandbox } = await openPaxos(GRANTED, ['balances'])
    expect(await paxos.missingScopes()).toEqual([])
    const before = tokensAsked(sandbox)
    await expect(paxos.transfers.get('7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10')).rejects.toMatchObject({ code: 'FEATURE_OFF', retry: 'never' })
    expect(tokensAsked(sandbox)).toBe(before)
  })

  it('are all granted where the client has those of each feature, and no others', async () => {
    const { paxos } = await openPaxos(ALL_FEATURES.flatMap((feature) => [...SCOPES[feature]]))
    expect(await paxos.missingScopes()).toEqual([])
  })
})
