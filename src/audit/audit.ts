import type { Pool } from 'pg'
import type { Actor, ActorKind } from '../domain/actor.ts'
import { GENESIS, hashLink } from '../platform/hash-chain.ts'
import { cutPage, decodeCursor, type Page } from '../platform/page.ts'
import { inTransaction } from '../platform/postgres/postgres.ts'

/** One action of a person or of a program. */
export interface AuditEntry {
  entryNo: number
  at: Date
  /** The name of the actor. */
  operator: string
  /** Null in entries from before the kind was kept. */
  actorKind: ActorKind | null
  /** `onboarding.create`, `replay.plan`, `replay.approve`, `queue.pause`, …; with `.failed` after a failure, with `.done` for a result. */
  action: string
  /** The id of the object. */
  target: string
  reason: string | null
  data: Record<string, unknown>
  /** Hexadecimal. */
  hash: string
}

export interface AuditDeed extends Pick<AuditEntry, 'action' | 'target' | 'reason' | 'data'> {
  actor: Actor
}

/** Selects entries. An absent part does not narrow the list. */
export interface AuditFilter {
  /** `people`: all but the actions of programs through the API. */
  by?: 'people' | ActorKind | undefined
  operator?: string | undefined
  /** The action or its first words: `replay` finds `replay.plan` and `replay.approve.failed`. */
  action?: string | undefined
  /** Done at or after. */
  from?: Date | undefined
  /** Done before. */
  to?: Date | undefined
}

export interface AuditReport {
  entries: number
  /** Hash of the last entry, hexadecimal; null when there is none. A copy kept elsewhere also shows whether the end was cut off. */
  head: string | null
  /** The first fault: entries after a broken link say nothing. */
  fault: { entryNo: number; problem: string } | null
}

const CHAIN = 'audit'
/** Advisory lock for one writer at a time. The number spells `audt`. */
const LOCK = 0x61756474
const ENTRIES_PER_PAGE = 1_000
const COLUMNS = 'entry_no, at, operator, action, target, reason, data, prev_hash, hash, actor_kind'

/** A deed with its time. */
export interface TimedDeed extends AuditDeed {
  at: Date
}

/** Adds one deed to the audit: `appendAudits`. */
export async function appendAudit(pool: Pool, deed: AuditDeed, at: Date = new Date()): Promise<AuditEntry> {
  const [entry] = await appendAudits(pool, [{ ...deed, at }])
  if (!entry) throw new TypeError('an appended entry is missing') // one for each deed
  return entry
}

/**
 * Adds an action to the operators' audit. The database makes the audit insert-only, and each entry has the hash of the one before. Resolves
 * after the commit. Numbers have no gaps, also with parallel writers.
 */
export async function appendAudits(pool: Pool, deeds: readonly TimedDeed[]): Promise<AuditEntry[]> {
  return inTransaction(pool, async (client) => {
    // A separate statement: the next one must see the commit of the writer before.
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK])
    const { rows } = await client.query<{ entry_no: number; hash: Buffer }>(
      'SELECT entry_no, hash FROM audit_entry ORDER BY entry_no DESC LIMIT 1',
    )
    const links: AuditRow[] = []
    for (const deed of deeds) links.push(linkAfter(links.at(-1) ?? rows[0], deed))
    await client.query(
      `INSERT INTO audit_entry (${COLUMNS})
       SELECT * FROM unnest($1::int[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::jsonb[], $8::bytea[], $9::bytea[], $10::text[])`,
      [
        ...[links.map(({ entry_no }) => entry_no), links.map(({ at }) => at), links.map(({ operator }) => operator)],
        ...[links.map(({ action }) => action), links.map(({ target }) => target), links.map(({ reason }) => reason)],
        ...[links.map(({ data }) => JSON.stringify(data)), links.map(({ prev_hash }) => prev_hash), links.map(({ hash }) => hash)],
        links.map(({ actor_kind }) => actor_kind),
      ],
    )
    return links.map(toEntry)
  })
}

function linkAfter(last: Pick<AuditRow, 'entry_no' | 'hash'> | undefined, deed: TimedDeed): AuditRow {
  const previous = last?.hash ?? GENESIS
  const { actor, action, target, reason, at } = deed
  // In the form in which the database returns it: without undefined, with times as text. The hash must not depend on storage.
  const data = JSON.parse(JSON.stringify(deed.data)) as Record<string, unknown>
  const row = { entry_no: (last?.entry_no ?? 0) + 1, at, operator: actor.name, actor_kind: actor.kind, action, target, reason, data }
  return { ...row, prev_hash: previous, hash: hashRow(previous, row) }
}

/** One page of the audit, newest first. @throws UsageError for a foreign cursor */
export async function listAudit(
  pool: Pool,
  { cursor, limit, ...filter }: AuditFilter & { cursor?: string | undefined; limit: number },
): Promise<Page<AuditEntry>> {
  const before = cursor ? Number(decodeCursor(cursor, [/^\d{1,9}$/])[0]) : null
  const { where, values } = conditions(filter, before)
  const { rows } = await pool.query<AuditRow>(
    `SELECT ${COLUMNS} FROM audit_entry WHERE ${where} ORDER BY entry_no DESC LIMIT $${values.length + 1}`,
    [...values, limit + 1],
  )
  return cutPage(rows, { limit, view: toEntry, key: (row) => [String(row.entry_no)] })
}

/** `before`: the number of the previous page's last entry. */
function conditions({ by, operator, action, from, to }: AuditFilter, before: number | null): { where: string; values: unknown[] } {
  const values: unknown[] = []
  const value = (given: unknown): string => `$${values.push(given)}`
  const wanted = [
    before !== null && `entry_no < ${value(before)}`,
    // The condition of the partial index. It does not limit the programs' entries.
    by === 'people' && `actor_kind IS DISTINCT FROM 'api'`,
    by !== undefined && by !== 'people' && `actor_kind = ${value(by)}`,
    operator !== undefined && `operator = ${value(operator)}`,
    action !== undefined && `(action = ${value(action)} OR starts_with(action, ${value(`${action}.`)}))`,
    from !== undefined && `at >= ${value(from)}`,
    to !== undefined && `at < ${value(to)}`,
  ].filter((condition) => condition !== false)
  return { where: wanted.length > 0 ? wanted.join(' AND ') : 'true', values }
}

/** The latest requested pause or resumption of the queue; null: none. */
export async function lastQueueDeed(pool: Pool): Promise<AuditEntry | null> {
  const { rows } = await pool.query<AuditRow>(
    `SELECT ${COLUMNS} FROM audit_entry WHERE action IN ('queue.pause', 'queue.resume') ORDER BY entry_no DESC LIMIT 1`,
  )
  return rows[0] ? toEntry(rows[0]) : null
}

/** Recomputes the chain page by page: all of it, or its `last` entries, which then count as following from those before. */
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
  actor_kind: ActorKind | null
  prev_hash: Buffer
  hash: Buffer
}

/** An entry from before the kind was kept has no kind in its hash either, so its chain stays valid. */
function hashRow(
  previous: Buffer,
  { entry_no: entryNo, at, operator, actor_kind: actorKind, action, target, reason, data }: Omit<AuditRow, 'prev_hash' | 'hash'>,
): Buffer {
  const content = { target, reason, data, ...(actorKind === null ? {} : { actorKind }) }
  return hashLink(previous, { chain: CHAIN, entryNo, at, kind: action, actor: operator, data: content })
}

function toEntry({ entry_no: entryNo, at, operator, actor_kind: actorKind, action, target, reason, data, hash }: AuditRow): AuditEntry {
  return { entryNo, at, operator, actorKind, action, target, reason, data, hash: hash.toString('hex') }
}

function hex(hash: Buffer, entries: number): string | null {
  return entries === 0 ? null : hash.toString('hex')
}
