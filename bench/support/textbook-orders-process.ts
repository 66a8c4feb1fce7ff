/**
 * The textbook order service: a Fastify route that inserts a row, calls the brokerage under the row's id, updates the row and answers.
 * Nothing slows it down (undici's `request`, one pool of pg, one index). It promises nothing after a crash or a lost answer.
 */
import { randomUUID } from 'node:crypto'
import Fastify from 'fastify'
import pg from 'pg'
import { Agent, request } from 'undici'
import { runProgram } from './program.ts'
import type { SimulatedCustomer, SimulatorUrls } from './simulator-process.ts'

interface Settings {
  databaseUrl: string
  upstream: SimulatorUrls
  customers: readonly SimulatedCustomer[]
}

const TABLE =
  'CREATE TABLE orders (id uuid PRIMARY KEY, account_id text NOT NULL, body jsonb NOT NULL, state text NOT NULL, paxos_order_id text)'

await runProgram<Settings, never, string>(async ({ databaseUrl, upstream, customers }) => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 20 })
  await pool.query(TABLE)
  const dispatcher = new Agent({ connections: 64 })
  const call = async (url: string, body: string, headers: Record<string, string>): Promise<Record<string, string>> => {
    const answer = await request(url, { method: 'POST', dispatcher, headers, body })
    if (answer.statusCode >= 300) throw new Error(`${url} answers ${answer.statusCode} ${await answer.body.text()}`)
    return (await answer.body.json()) as Record<string, string>
  }
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'bench', client_secret: 'bench' }).toString()
  const { access_token: token } = await call(upstream.tokenUrl, form, { 'content-type': 'application/x-www-form-urlencoded' })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const known = new Map(customers.map((customer) => [customer.accountId, customer]))
  const app = Fastify()
  app.post('/v1/accounts/:id/orders', async (received, reply) => {
    const { id: accountId } = received.params as { id: string }
    const { side, market, type, quoteAmount } = received.body as Record<string, string>
    const customer = known.get(accountId)
    if (!customer) return reply.code(404).send()
    const id = randomUUID()
    await pool.query(`INSERT INTO orders (id, account_id, body, state) VALUES ($1, $2, $3, 'new')`, [id, accountId, received.body])
    const ids = { ref_id: id, identity_id: customer.identityId, identity_account_id: accountId }
    const body = JSON.stringify({ ...ids, side, market, type, quote_amount: quoteAmount })
    const order = await call(`${upstream.apiUrl}/profiles/${customer.profileId}/orders`, body, headers)
    await pool.query(`UPDATE orders SET state = 'placed', paxos_order_id = $2 WHERE id = $1`, [id, order.id])
    return reply.code(201).send({ id, state: 'placed' })
  })
  const ready = await app.listen({ host: '127.0.0.1', port: 0 })
  return { ready, answer: () => null, close: async () => void (await Promise.all([app.close(), pool.end(), dispatcher.close()])) }
})
