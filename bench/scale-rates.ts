/**
 * Checks that accepting and onboarding keep their rates in a full database: runs the product's own write paths on an empty database and
 * on one that bench/seed-scale.ts has filled, on the same server, in turns.
 *
 *   EMPTY_URL=postgres://… FULL_URL=postgres://… node bench/scale-rates.ts [--pairs 7] [--seconds 4] [--checkpoint]
 *
 * Without HTTP, queue and Paxos, it measures only the work that a full database could slow down. Beside each rate it prints the WAL of one
 * event, in bytes and in whole pages (Postgres writes a whole page at its first change after a checkpoint). With --checkpoint it makes
 * a checkpoint before every run, the worst case.
 */

import { randomUUID } from 'node:crypto'
import { parseArgs } from 'node:util'
import type pg from 'pg'
import { Registry } from 'prom-client'
import type { Receipt } from '../src/domain/effect.ts'
import { applyDecision, type Draft } from '../src/domain/onboarding/advance.ts'
import { newOnboarding } from '../src/domain/onboarding/onboarding.ts'
import { draftOf } from '../src/domain/stream.ts'
import { createInbox } from '../src/inbox/inbox.ts'
import type { Completion, Stored } from '../src/ledger/change.ts'
import { createLedger, type Ledger } from '../src/ledger/ledger.ts'
import { ONBOARDING_TABLE } from '../src/ledger/onboarding-table.ts'
import { createLogger } from '../src/platform/logger.ts'
import { migrate } from '../src/platform/postgres/migrate.ts'
import { createPool } from '../src/platform/postgres/postgres.ts'
import { applyReceipt, claimNext } from '../test/support/onboarding-steps.ts'

const { values: options } = parseArgs({
  options: {
    pairs: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '4' },
    checkpoint: { type: 'boolean', default: false },
  },
})
const ACCEPTS_AT_ONCE = 64
const ONBOARDINGS_AT_ONCE = 50
const LEASE_MS = 45_000

interface Measured {
  rate: number
  walBytes: number
  walPages: number
}

type Phase = 'accept' | 'onboard'

interface Side {
  run(phase: Phase): Promise<Measured>
  close(): Promise<void>
}

async function openSide(connectionString: string): Promise<Side> {
  const logger = createLogger({ level: 'warn' })
  await migrate({ connectionString, log: logger })
  const pool = createPool({ connectionString, max: 8, applicationName: 'bench' })
  const waiting: { seq: string; generation: number }[] = []
  const inbox = createInbox({
    pool,
    connectionString,
    logger,
    metrics: new Registry(),
    onAccepted: (accepted) => waiting.push(...accepted),
  })
  const ledger = createLedger({ pool, table: ONBOARDING_TABLE })
  const works: Record<Phase, { lanes: number; work: () => Promise<boolean> }> = {
    accept: { lanes: ACCEPTS_AT_ONCE, work: async () => (await inbox.accept(delivery())) === 'accepted' },
    onboard: {
      lanes: ONBOARDINGS_AT_ONCE,
      work: async () => {
        const event = waiting.pop()
        if (!event) return false
        await inbox.load(event.seq)
        await onboard(ledger, event)
        return true
      },
    },
  }
  return {
    run: async (phase) => {
      if (options.checkpoint) await pool.query('CHECKPOINT')
      const before = await readWal(pool)
      const started = performance.now()
      const end = started + Number(options.seconds) * 1_000
      let done = 0
      const { lanes, work } = works[phase]
      const lane = async (): Promise<void> => {
        while (performance.now() < end && (await work())) done += 1
      }
      await Promise.all(Array.from({ length: lanes }, lane))
      const seconds = (performance.now() - started) / 1_000
      const after = await readWal(pool)
      return { rate: done / seconds, walBytes: (after.bytes - before.bytes) / done, walPages: (after.pages - before.pages) / done }
    },
    close: async () => {
      await Promise.all([inbox.close(), ledger.close()])
      await pool.end()
    },
  }
}

function delivery() {
  return {
    eventId: randomUUID(),
    type: 'identity.approved',
    occurredAt: new Date(),
    isTest: false,
    origin: 'webhook',
    bodySha256: '00'.repeat(32),
  } as const
}

/**
 * Three commits: approved with the account leased, its receipt with the notification leased, the notification's receipt with the end of the
 * event.
 */
async function onboard(ledger: Ledger, event: Pick<Completion, 'seq' | 'generation'>): Promise<void> {
  const identityId = randomUUID()
  const commit = async (before: Stored | null, draft: Draft, completion?: Completion): Promise<Stored> => {
    const stored = await ledger.commit({
      before,
      draft,
      actor: `event:${identityId}`,
      at: new Date(),
      ...(completion ? { completion } : {}),
    })
    if (!stored) throw new Error('the commit lost a race, although no other worker has this identity')
    return stored
  }
  const claim = (draft: Draft): Draft => {
    const claimed = claimNext(draft, { by: event.seq, now: Date.now(), leaseMs: LEASE_MS })
    if (claimed.kind !== 'attempt') throw new Error(`an attempt was expected, not ${claimed.kind}`)
    return claimed.draft
  }
  const account: Receipt = { kind: 'account', accountId: randomUUID(), profileId: randomUUID(), how: 'created' }
  await ledger.load(identityId)
  const opened = draftOf({ onboarding: newOnboarding(identityId, 'adopted', null), effects: [] }, [
    { kind: 'onboarding.adopted', data: { event: 'identity.approved' } },
  ])
  const approved = await commit(null, claim(applyDecision(opened, { kind: 'move', to: 'approved', requiredDocuments: [] }, 'APPROVED')))
  const withAccount = await commit(approved, claim(applyReceipt(draftOf(approved), 'account', account)))
  const told = applyReceipt(draftOf(withAccount), 'notice:ready:1', { kind: 'notice', channel: 'webhook', status: 204 })
  await commit(withAccount, told, { ...event, outcome: 'moved:ready' })
}

async function readWal(pool: pg.Pool): Promise<{ bytes: number; pages: number }> {
  await pool.query('SELECT pg_stat_force_next_flush()')
  const { rows } = await pool.query<{ bytes: string; pages: string }>('SELECT wal_bytes AS bytes, wal_fpi AS pages FROM pg_stat_wal')
  return { bytes: Number(rows[0]!.bytes), pages: Number(rows[0]!.pages) }
}

const medianOf = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!

const { EMPTY_URL, FULL_URL } = process.env
if (!EMPTY_URL || !FULL_URL) throw new Error('set EMPTY_URL and FULL_URL to two databases of one server')
const sides = { empty: await openSide(EMPTY_URL), full: await openSide(FULL_URL) }
const results: Record<Phase, Record<keyof typeof sides, Measured>[]> = { accept: [], onboard: [] }
const describeRun = ({ rate, walBytes, walPages }: Measured): string =>
  `${rate.toFixed(0).padStart(6)}/s ${walBytes.toFixed(0).padStart(7)} B ${walPages.toFixed(2).padStart(6)} pages`
for (let i = -1; i < Number(options.pairs); i += 1) {
  for (const phase of ['accept', 'onboard'] as const) {
    const pair = {} as Record<keyof typeof sides, Measured>
    for (const side of i % 2 === 0 ? (['empty', 'full'] as const) : (['full', 'empty'] as const)) pair[side] = await sides[side].run(phase)
    if (i < 0) continue // lets V8 compile, and warms the caches
    results[phase].push(pair)
    const ratio = pair.full.rate / pair.empty.rate
    console.log(`${phase.padEnd(8)} empty ${describeRun(pair.empty)}   full ${describeRun(pair.full)}   ratio ${ratio.toFixed(3)}`)
  }
}
for (const phase of ['accept', 'onboard'] as const) {
  const ratios = results[phase].map(({ empty, full }) => full.rate / empty.rate)
  const median = (side: keyof typeof sides): string =>
    describeRun({
      rate: medianOf(results[phase].map((pair) => pair[side].rate)),
      walBytes: medianOf(results[phase].map((pair) => pair[side].walBytes)),
      walPages: medianOf(results[phase].map((pair) => pair[side].walPages)),
    })
  console.log(
    `${phase}: ratio median ${medianOf(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(3)} to ${Math.max(...ratios).toFixed(3)}); empty ${median('empty')}, full ${median('full')}`,
  )
}
await Promise.all([sides.empty.close(), sides.full.close()])
