import { setTimeout as sleep } from 'node:timers/promises'
import { createIdentity } from '../../src/sandbox/world/create-identity.ts'
import { SeededRandom } from '../../src/sandbox/world/seeded-random.ts'
import { type ChaosWorld, OPERATOR_TOKEN } from './chaos-world.ts'
import { inventedPerson } from './invented-person.ts'

export interface TradingTraffic {
  /** For each Idempotency-Key, the ids that our API answered with; none when it refused the request. */
  asked: ReadonlyMap<string, ReadonlySet<string>>
  accountIds: readonly string[]
  /** Failures that no fault of the run explains. */
  failures: readonly string[]
  /** Resolves when every customer has an account with money. */
  begun: Promise<unknown>
  /** Stops new customers and actions. Resolves when every request has its answer and every open order is being cancelled. */
  stop(): Promise<void>
}

export interface TradingOptions {
  seed: number
  /** Customers who trade, each one action after the other. */
  customers: number
}

/** A customer's next action, and how often out of a hundred. */
const ACTS = [
  [40, 'buy'],
  [22, 'sell'],
  [16, 'cancel'],
  [14, 'quote'],
  [8, 'deposit'],
] as const
type Act = (typeof ACTS)[number][1]

const ASK_AGAIN_MS = 400
const TWICE_SHARE = 0.4
const LONGEST_PAUSE_MS = 1_500
/** Refusals that a customer may meet: nothing left to sell, a quote that ended while Paxos was away. */
const ALLOWED_REFUSALS = ['ORDER_NOT_POSSIBLE', 'QUOTE_EXPIRED', 'NO_SUCH_QUOTE', 'ORDER_ENDED']

/** An object that our API answered with. */
interface Thing {
  id: string
  state: string
  settled?: boolean
  amountFilled?: string
}

/**
 * Customers who fund, buy, sell, cancel and execute quotes through our API. They repeat a request under one key until they have an answer.
 */
export function startTradingTraffic(world: ChaosWorld, { seed, customers }: TradingOptions): TradingTraffic {
  const random = new SeededRandom(seed)
  const asked = new Map<string, Set<string>>()
  const accountIds: string[] = []
  const failures: string[] = []
  const open: string[] = []
  const ends = new AbortController()
  const call = (method: 'GET' | 'POST', path: string, body?: object, key?: string) => untilAnswered(world, { method, path, body, key })

  /** Null when it was refused, which is allowed. Some requests are made twice. */
  const give = async (path: string, body: object, key: string): Promise<Thing | null> => {
    const ids = asked.get(key) ?? new Set<string>()
    asked.set(key, ids)
    let given: Thing | null = null
    for (let left = random.fraction('twice', key) < TWICE_SHARE ? 2 : 1; left > 0; left -= 1) {
      const answer = await call('POST', path, body, key)
      if (answer.status < 300) {
        given = answer.body as Thing // each of these routes answers with one
        ids.add(given.id)
      } else if (!ALLOWED_REFUSALS.includes(answer.code)) throw new Error(`POST ${path} under ${key}: ${answer.status} ${answer.code}`)
    }
    return given
  }

  const acts: Record<Act, (accountId: string, key: string) => Promise<void>> = {
    buy: async (accountId, key) => {
      const quoteAmount = `${20 + Math.floor(random.fraction('amount', key) * 60)}.${10 + Math.floor(random.fraction('cents', key) * 80)}`
      await finished(await give(`/v1/accounts/${accountId}/orders`, { side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount }, key))
    },
    sell: async (accountId, key) => {
      const baseAmount = `0.000${1 + Math.floor(random.fraction('amount', key) * 8)}`
      await finished(await give(`/v1/accounts/${accountId}/orders`, { side: 'SELL', market: 'BTCUSD', type: 'MARKET', baseAmount }, key))
    },
    cancel: async (accountId, key) => {
      // Near the price, so that a fill may be faster than the cancellation, or far from it.
      const price = random.fraction('price', key) < 0.4 ? '63990' : '50000'
      const body = { side: 'BUY', market: 'BTCUSD', type: 'LIMIT', baseAmount: '0.0005', price }
      const order = await give(`/v1/accounts/${accountId}/orders`, body, key)
      if (order) open.push(order.id)
      await sleep(random.fraction('pause', key) * LONGEST_PAUSE_MS)
      if (order) await cancel(order.id)
    },
    quote: async (accountId, key) => {
      const { body } = await call('GET', '/v1/quotes?market=BTCUSD')
      const quote = (body as { items?: { id: string; side: string }[] }).items?.find(({ side }) => side === 'BUY')
      if (quote) await finished(await give(`/v1/accounts/${accountId}/quote-executions`, { quoteId: quote.id, quoteAmount: '30.00' }, key))
    },
    // Paxos takes no ref_id for a deposit, and only the balance shows a lost one: so this customer has nothing else in progress.
    deposit: async (accountId, key) => {
      await allFinished(accountId)
      const amount = `${100 + Math.floor(random.fraction('amount', key) * 400)}.00`
      await finished(await give(`/v1/accounts/${accountId}/deposits`, { asset: 'USD', amount }, key))
    },
  }

  const cancel = async (orderId: string): Promise<void> => {
    const answer = await call('POST', `/v1/orders/${orderId}/cancel`)
    if (answer.status >= 300 && answer.code !== 'ORDER_ENDED') throw new Error(`cancelling ${orderId}: ${answer.status} ${answer.code}`)
  }

  const unfinished = async (accountId: string): Promise<number> => {
    const { rows } = await world.pool.query<{ open: number }>(UNFINISHED, [accountId])
    return rows[0]?.open ?? 0
  }
  const allFinished = async (accountId: string): Promise<void> => {
    while (!ends.signal.aborted && (await unfinished(accountId).catch(() => 1)) > 0) await sleep(ASK_AGAIN_MS)
  }
  /** Some customers wait for the end of a request, others go on. */
  const finished = async (thing: Thing | null): Promise<void> => {
    if (thing && random.fraction('waits', thing.id) < 0.5) await sleep(random.fraction('how long', thing.id) * LONGEST_PAUSE_MS)
  }

  const live = async (n: number, begun: () => void): Promise<void> => {
    const identity = createIdentity(world.sandbox, inventedPerson(`trader-${n}`, 40_000 + n))
    world.sandbox.engine.decide(identity, 'approve')
    const accountId = await opened(world, identity.id, ends.signal)
    if (accountId === null) return
    accountIds.push(accountId)
    const fund = await give(`/v1/accounts/${accountId}/deposits`, { asset: 'USD', amount: '5000.00' }, `chaos-fund-${n}`)
    if (!fund) throw new Error(`the deposit of customer ${n} was refused`)
    await allFinished(accountId)
    begun()
    for (let step = 1; !ends.signal.aborted; step += 1) {
      const key = `chaos-trade-${n}-${step}`
      await acts[actOf(random.fraction('act', n, step))](accountId, key)
      await sleep(random.fraction('rests', n, step) * LONGEST_PAUSE_MS)
    }
  }

  const failed = (n: number) => (error: unknown) => void failures.push(`customer ${n}: ${String(error)}`)
  const begins = Array.from({ length: customers }, () => Promise.withResolvers<void>())
  const lives = begins.map(({ resolve }, n) => live(n, resolve).catch(failed(n)).finally(resolve))
  return {
    asked,
    accountIds,
    failures,
    begun: Promise.all(begins.map(({ promise }) => promise)),
    stop: async () => {
      ends.abort()
      await Promise.all(lives)
      await Promise.all(open.map((orderId) => cancel(orderId).catch((error: unknown) => void failures.push(String(error)))))
    },
  }
}

/** Unfinished requests of an account ($1), or of all accounts (null). */
export const UNFINISHED = `
SELECT ((SELECT count(*) FROM trade_order WHERE ($1::text IS NULL OR account_id = $1)
           AND (state IN ('submitting', 'unknown', 'open', 'cancel_requested') OR (state <> 'held' AND NOT settled)))
      + (SELECT count(*) FROM deposit WHERE ($1::text IS NULL OR account_id = $1) AND state IN ('submitting', 'unknown'))
      + (SELECT count(*) FROM quote_execution WHERE ($1::text IS NULL OR account_id = $1) AND state IN ('submitting', 'unknown', 'created'))
       )::int AS open`

function actOf(fraction: number): Act {
  let left = fraction * 100
  for (const [share, act] of ACTS) {
    if (left < share) return act
    left -= share
  }
  return 'buy'
}

/** The customer's account once it can trade, or null when the run ended before. */
async function opened({ pool }: ChaosWorld, identityId: string, signal: AbortSignal): Promise<string | null> {
  const deadline = Date.now() + 120_000
  while (!signal.aborted && Date.now() < deadline) {
    const { rows } = await pool
      .query<{ account_id: string }>(`SELECT account_id FROM onboarding WHERE identity_id = $1 AND state = 'ready'`, [identityId])
      .catch(() => ({ rows: [] }))
    if (rows[0]) return rows[0].account_id
    await sleep(ASK_AGAIN_MS)
  }
  return null
}

interface Request {
  method: 'GET' | 'POST'
  path: string
  body: object | undefined
  key: string | undefined
}

/** Repeats a request until the answer is not "later", as a client does that does not know the outcome. */
async function untilAnswered(
  { operatorUrl }: ChaosWorld,
  { method, path, body, key }: Request,
): Promise<{ status: number; code: string; body: unknown }> {
  for (;;) {
    const answer = await fetch(`${operatorUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${OPERATOR_TOKEN}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    })
      .then(async (response) => ({ status: response.status, body: (await response.json()) as { code?: string } }))
      .catch(() => null)
    if (answer && answer.status < 500 && answer.status !== 429) return { ...answer, code: answer.body.code ?? '' }
    await sleep(ASK_AGAIN_MS)
  }
}
