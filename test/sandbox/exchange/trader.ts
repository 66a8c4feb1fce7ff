import type { SandboxOptions } from '../../../src/sandbox/sandbox.ts'
import { eventually } from '../eventually.ts'
import { person } from '../person.ts'
import { type Answer, type Running, startSandbox } from '../start-sandbox.ts'

export interface Trader extends Running {
  identityId: string
  accountId: string
  profileId: string
  deposit(amount: string, asset?: string): Promise<Answer>
  /** Creates an order with the trader's identity and account. */
  order(body: Record<string, unknown>): Promise<Answer>
  read(id: string): Promise<Answer['body']>
  /** Waits until the order has this status. */
  ends(id: string, status: string): Promise<Answer['body']>
  balance(asset: string): Promise<{ available: string; trading: string }>
}

/** A simulator with fixed prices, one approved person, an account with a profile, and 10,000 USD. */
export async function startTrader(options: Partial<SandboxOptions> = {}): Promise<Trader> {
  const running = await startSandbox({ priceStepMs: 0, fillDelayMs: 1, cancelDelayMs: 1, ...options })
  const { call, sandbox } = running
  const identityId = (await call('POST', '/identity/identities', person())).body.id
  await eventually(() => sandbox.identities.get(identityId)?.status).toBe('APPROVED')
  const account = { identity_id: identityId, ref_id: 'trader', type: 'BROKERAGE' }
  const { id: accountId, profile_id: profileId } = (await call('POST', '/identity/accounts', { create_profile: true, account })).body
  const deposit: Trader['deposit'] = (amount, asset = 'USD') =>
    call('POST', `/sandbox/profiles/${profileId}/deposit`, { asset, amount, ...(asset === 'USD' ? {} : { crypto_network: 'ETHEREUM' }) })
  await deposit('10000.00')
  const read = async (id: string): Promise<Answer['body']> => (await call('GET', `/profiles/${profileId}/orders/${id}`)).body
  return {
    ...running,
    identityId,
    accountId,
    profileId,
    deposit,
    order: (body) => call('POST', `/profiles/${profileId}/orders`, { identity_id: identityId, identity_account_id: accountId, ...body }),
    read,
    ends: async (id, status) => {
      await eventually(async () => (await read(id)).status).toBe(status)
      return read(id)
    },
    balance: async (asset) => {
      const { available, trading } = (await call('GET', `/profiles/${profileId}/balances/${asset}`)).body
      return { available: String(available), trading: String(trading) }
    },
  }
}

export const marketBuy = (quote_amount: string, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  side: 'BUY',
  market: 'ETHUSD',
  type: 'MARKET',
  quote_amount,
  ...more,
})

export const limit = (
  side: 'BUY' | 'SELL',
  price: string,
  base_amount = '1',
  more: Record<string, unknown> = {},
): Record<string, unknown> => ({
  side,
  market: 'ETHUSD',
  type: 'LIMIT',
  price,
  base_amount,
  ...more,
})
