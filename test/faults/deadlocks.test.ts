import { randomUUID } from 'node:crypto'
import { Registry } from 'prom-client'
import { expect, it, onTestFinished } from 'vitest'
import { newOnboarding } from '../../src/domain/onboarding/onboarding.ts'
import { draftOf } from '../../src/domain/stream.ts'
import { createEventAcceptor, type EventAcceptor } from '../../src/inbox/accept-events.ts'
import { completeEvents, reopenEvents } from '../../src/inbox/complete-events.ts'
import type { Stored } from '../../src/ledger/change.ts'
import { createLedger } from '../../src/ledger/ledger.ts'
import { ONBOARDING_TABLE } from '../../src/ledger/onboarding-table.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { receivedEvent } from '../inbox/received-event.ts'
import { createTestDatabase } from '../support/test-database.ts'

const EVENTS = 150
const ROUNDS = 10
const RECEIVERS = 3

it('completing, reopening and delivering events at the same time causes no error and no deadlock', {
  timeout: 120_000,
}, async () => {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const pool = createPool({ connectionString: database.url, max: 8, applicationName: 'deadlock test' })
  const logger = createLogger({ level: 'silent' })
  const receivers = Array.from({ length: RECEIVERS }, () =>
    createEventAcceptor({ connectionString: database.url, logger, metrics: new Registry(), timeoutMs: 20_000 }),
  )
  const ledger = createLedger({ pool, table: ONBOARDING_TABLE })
  const events = Array.from({ length: EVENTS }, () => receivedEvent())
  await Promise.all(events.map((event) => receivers[0]?.accept(event)))
  const { rows } = await pool.query<{ seq: string }>('SELECT seq FROM inbox_event ORDER BY event_id')
  /** The ledger locks by identity: in the order of the events for one half, in reverse for the other. */
  const identities = [...Array.from({ length: EVENTS }, () => randomUUID())].sort().reverse()
  const onboardings = new Map<string, Stored | null>(identities.map((id) => [id, null]))

  let completed = false
  const deliverAgain = async (receiver: EventAcceptor): Promise<void> => {
    while (!completed) await Promise.all(shuffled(events).map((event) => receiver.accept(event)))
  }
  const completeAgain = async (): Promise<void> => {
    for (let generation = 0; generation < ROUNDS; generation += 1) {
      const half = generation % 2 === 0 ? rows : rows.toReversed()
      await Promise.all(
        half.map(async ({ seq }, index) => {
          const identityId = identities[index] ?? ''
          const before = onboardings.get(identityId) ?? null
          const draft = draftOf(before ?? { onboarding: newOnboarding(identityId, 'adopted', null), effects: [] })
          const completion = { seq, generation, outcome: 'moved:pending' }
          onboardings.set(identityId, await ledger.commit({ before, draft, actor: 'deadlock test', at: new Date(), completion }))
        }),
      )
      const seqs = shuffled(rows).map(({ seq }) => seq)
      await Promise.all([
        reopenEvents(pool, seqs, { authority: 'machine' }),
        completeEvents(
          pool,
          seqs.map((seq) => ({ seq, state: 'accepted', errorCode: null })),
        ),
      ])
    }
  }
  await Promise.all([...receivers.map(deliverAgain), completeAgain().finally(() => (completed = true))])

  await Promise.all([...receivers.map((receiver) => receiver.close()), ledger.close()])
  const { rows: counted } = await pool.query('SELECT min(delivery_count) AS least, min(generation) AS opened FROM inbox_event')
  expect(counted[0]).toMatchObject({ opened: ROUNDS })
  expect(counted[0].least).toBeGreaterThan(RECEIVERS)
  await pool.end() // a session reports its deadlocks at its end at the latest
  const reader = createPool({ connectionString: database.url, max: 1, applicationName: 'deadlock test' })
  onTestFinished(() => reader.end())
  const { rows: statistics } = await reader.query('SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()')
  expect(statistics).toEqual([{ deadlocks: 0 }])
})

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item)
}
