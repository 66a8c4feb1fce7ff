import { setTimeout as sleep } from 'node:timers/promises'

const DEPOSIT = { asset: 'USD', amount: '10000.00' }
const BUY = { side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '250.00' }
const FILLED_MS = 20_000
const POLL_EVERY_MS = 100

interface FirstOrder {
  id: string
  state: string
  settled: boolean
  amountFilled: string
  averagePrice: string | null
}

/** Funds the first customer's account and places a buy, as an application would: over HTTP, each write with an Idempotency-Key. */
export async function firstTrade(
  { operatorUrl, token, accountId }: { operatorUrl: string; token: string; accountId: string },
  say: (text: string) => void,
): Promise<void> {
  const call = async (method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': `first-${path}` }
    const answer = await fetch(`${operatorUrl}${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
    if (!answer.ok) throw new Error(`${method} ${path} was refused: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
  say('\nFunding the account and buying, through the operator API:')
  await call('POST', `/v1/accounts/${accountId}/deposits`, DEPOSIT)
  say(`  deposit        ${DEPOSIT.amount} ${DEPOSIT.asset}`)
  let order = (await call('POST', `/v1/accounts/${accountId}/orders`, BUY)) as FirstOrder // our own API: its schema is tested
  const until = Date.now() + FILLED_MS
  while (!order.settled && Date.now() < until) {
    await sleep(POLL_EVERY_MS)
    order = (await call('GET', `/v1/orders/${order.id}`)) as FirstOrder
  }
  say(`  buy            ${order.state}: ${order.amountFilled} BTC at ${order.averagePrice ?? 'no price yet'} (${order.id})`)
  const { items } = (await call('GET', `/v1/accounts/${accountId}/balances`)) as { items: { asset: string; available: string }[] }
  say(`  balances       ${items.map(({ asset, available }) => `${available} ${asset}`).join(', ')}`)
}
