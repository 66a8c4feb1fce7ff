import type { Pool } from 'pg'
import { GENESIS, hashLink } from '../platform/hash-chain.ts'
import { cutPage, decodeCursor, type Page } from '../platform/page.ts'
import { inTransaction } from '../platform/postgres/postgres.ts'

/** One thing that an operator did. */
export interface AuditEntry {
  entryNo: number
  at: Date
  operator: string
  /** `onboarding.create`, `replay.plan`, `replay.approve`; with `.failed` when it did not come about. */
  action: string
  /** What it was done to: an id. */
  target: string
  reason: string | null
  data: Record<string, unknown>
  /** Hexadecimal. */
  hash: string
}

export type AuditDeed = Pick<AuditEntry, 'operator' | 'action' | 'target' | 'reason' | 'data'>

export interface AuditReport {
  entries: number
  /** Hash of the last entry, hexadecimal; null when there is none. Kept elsewhere, it also shows whether the end was cut off. */
  head: string | null
  /** The first fault: what comes after a broken link says nothing. */
  fault: { entryNo: number; problem: string } | null
}

const CHAIN = 'audit'
/** Advisory lock of the one writer at a time; the number spells `audt`. */
const LOCK = 0x61756474
const ENTRIES_PER_PAGE = 1_000
const COLUMNS = 'entry_no, at, operator, action, target, reason, data, prev_hash, hash'

/**
 * Adds what was done to the operators' audit, which is insert-only by the database, each entry with the hash of the one before.
 * Resolves after the commit. Entries are numbered without gaps, whoever appends at the same time.
 */
export async function appendAudit(pool: Pool, deed: AuditDeed, at: Date = new Date()): Promise<AuditEntry> {
  return inTransaction(pool, async (client) => {
    // A statement of its own: the next one must see what the writer before us has committed.
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
    const { rows } = await client.query<{ entry_no: number; hash: Buffer }>(
      'SELECT entry_no, hash FROM audit_entry ORDER BY entry_no DESC LIMIT 1',
    )
    const previous = rows[0]?.hash ?? GENESIS
    const entryNo = (rows[0]?.entry_no ?? 0) + 1
    // As the database will hand it back: without undefined, with times as text. The hash must not depend on the way through it.
    const data = JSON.parse(JSON.stringify(deed.data)) as Record<string, unknown>
    const row = { entry_no: entryNo, at, operator: deed.operator, action: deed.action, target: deed.target, reason: deed.reason, data }
    const hash = hashRow(previous, row)
    await client.query(`INSERT INTO audit_entry (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, [
      ...[entryNo, at, deed.operator, deed.action, deed.target, deed.reason],
      ...[JSON.stringify(data), previous, hash],
    ])
    return toEntry({ ...row, prev_hash: previous, hash })
  })
}

/** One page of the audit, newest first. @throws UsageError for a foreign cursor */
export async function listAudit(pool: Pool, { cursor, limit }: { cursor?: string | undefined; limit: number }): Promise<Page<AuditEntry>> {
  const before = cursor ? Number(decodeCursor(cursor, [/^\d{1,9}$/])[0]) : null
  const { rows } = await pool.query<AuditRow>(
    `SELECT ${COLUMNS} FROM audit_entry WHERE $1::int IS NULL OR entry_no < $1 ORDER BY entry_no DESC LIMIT $2`,
    [before, limit + 1],
  )
  return cutPage(rows, { limit, view: toEntry, key: (row) => [String(row.entry_no)] })
}

/** Reads the chain in pages and recomputes it: the whole of it, or its `last` entries, which are then taken to follow from those before. */
export async function verifyAudit(pool: Pool, { last }: { last?: number | undefined } = {}): Promise<AuditReport> {
  const start = last === undefined ? null : await entryBeforeLast(pool, last)
  let previous: Buffer = start?.hash ?? GENESIS
  let entries = start?.entry_no ?? 0
  for (;;) {
    const { rows } = await pool.query<AuditRow>(`SELECT ${COLUMNS} FROM audit_entry WHERE entry_no > $1 ORDER BY entry_no LIMIT $2`, [
      entries,
      ENTRIES_PER_PAGE,
    ])
    for (const row of rows) {
      const problem = faultOf(row, previous, entries + 1)
      if (problem) return { entries, head: hex(previous, entries), fault: { entryNo: row.entry_no, problem } }
      previous = row.hash
      entries += 1
    }
    if (rows.length < ENTRIES_PER_PAGE) return { entries, head: hex(previous, entries), fault: null }
  }
}

async function entryBeforeLast(pool: Pool, last: number): Promise<Pick<AuditRow, 'entry_no' | 'hash'> | null> {
  const { rows } = await pool.query<Pick<AuditRow, 'entry_no' | 'hash'>>(
    'SELECT entry_no, hash FROM audit_entry ORDER BY entry_no DESC OFFSET $1 LIMIT 1',
    [last],
  )
  return rows[0] ?? null
}

function faultOf(row: AuditRow, previous: Buffer, expectedNo: number): string | null {
  if (row.entry_no !== expectedNo) return `entry ${expectedNo} is missing`
  if (!row.prev_hash.equals(previous)) return 'does not follow from the entry before it'
  return row.hash.equals(hashRow(previous, row)) ? null : 'its content does not match its hash'
}

interface AuditRow {
  entry_no: number
  at: Date
  operator: string
  action: string
  target: string
  reason: string | null
  data: Record<string, unknown>
  prev_hash: Buffer
  hash: Buffer
}

function hashRow(
  previous: Buffer,
  { entry_no: entryNo, at, operator, action, target, reason, data }: Omit<AuditRow, 'prev_hash' | 'hash'>,
): Buffer {
  return hashLink(previous, { chain: CHAIN, entryNo, at, kind: action, actor: operator, data: { target, reason, data } })
}

function toEntry({ entry_no: entryNo, at, operator, action, target, reason, data, hash }: AuditRow): AuditEntry {
  return { entryNo, at, operator, action, target, reason, data, hash: hash.toString('hex') }
}

function hex(hash: Buffer, entries: number): string | null {
  return entries === 0 ? null : hash.toString('hex')
}
