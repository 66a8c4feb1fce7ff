import { Registry } from 'prom-client'
import { expect, it, onTestFinished } from 'vitest'
import { openOrder } from '../../src/domain/trade/order-stream.ts'
import { createInbox } from '../../src/inbox/inbox.ts'
import { createLedger } from '../../src/ledger/ledger.ts'
import { ORDER_TABLE } from '../../src/ledger/order-table.ts'
import { readOrders } from '../../src/ledger/read-orders.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { startOrderPolls } from '../../src/saga/start-order-polls.ts'
import { sampleOrder } from '../domain/trade/sample-order.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { eventually } from './world.ts'

it('A8: gives the lost command of an order once, and leaves it parked when it fails for good', async () => {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const logger = createLogger({ level: 'silent' })
  const pool = createPool({ connectionString: database.url, max: 4, applicationName: 'test' })
  onTestFinished(() => pool.end())
  const inbox = createInbox({ pool, connectionString: database.url, logger, metrics: new Registry(), onAccepted: async () => {} })
  onTestFinished(() => inbox.close())
  const ledger = createLedger({ pool, table: ORDER_TABLE })
  onTestFinished(() => ledger.close())
  const order = sampleOrder({ orderId: `order-${'1'.repeat(32)}` })
  const longAgo = new Date(Date.now() - 120_000)
  expect(await ledger.commit({ before: null, draft: openOrder(order), actor: 'test', at: longAgo })).not.toBeNull()
  await pool.query('UPDATE trade_order SET updated_at = $1', [longAgo])

  const orders = readOrders(pool)
  let rounds = 0
  const counted = { ...orders, listOpen: () => orders.listOpen().finally(() => (rounds += 1)) }
  const paxos = {} as PaxosClient // nothing is open, so nothing is asked
  const queue = { add: async () => 0 }
  const parts = { pool, inbox, queue, paxos, orders: counted, transfersEveryMs: null, logger, metrics: new Registry() }
  const stop = startOrderPolls(parts)
  onTestFinished(stop)
  const [due] = await eventually(
    () => inbox.claimDue({ limit: 10 }),
    ({ length }) => length === 1,
  )
  await inbox.complete({ seq: due!.seq, generation: 0, state: 'parked', errorCode: 'PAXOS_REJECTED' })
  const before = rounds
  await eventually(
    async () => rounds,
    (now) => now >= before + 2,
  )
  const { rows } = await pool.query('SELECT type, state, generation FROM inbox_event')
  expect(rows).toEqual([{ type: 'place-order', state: 'parked', generation: 0 }])
})
