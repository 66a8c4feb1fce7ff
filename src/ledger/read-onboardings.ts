import type { Effect } from '../domain/effect.ts'
import { SEND_NOTIFICATION } from '../domain/notification.ts'
import type { HoldReason, Onboarding, OnboardingState } from '../domain/onboarding/onboarding.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { keepCount } from '../platform/keep-count.ts'
import { OPAQUE_ID, prefixPatterns } from '../platform/opaque-id.ts'
import { cutPage, decodeCursor, type Page } from '../platform/page.ts'
import type { PrismaClient } from '../platform/postgres/prisma.ts'
import {
  countNotices,
  countStates,
  countUnfinished,
  MOST_LOOKED_THROUGH,
  type NoticeCounts,
  type Progress,
  readProgress,
} from './count-onboardings.ts'

/** An onboarding as operators read it, with its effects in the order of their intents. */
export interface OnboardingRecord extends Onboarding {
  readonly entryCount: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly approvedAt: Date | null
  readonly readyAt: Date | null
  readonly effects: readonly EffectRecord[]
}

export interface EffectRecord
  extends Pick<Effect, 'step' | 'kind' | 'name' | 'number' | 'key' | 'state' | 'attempts' | 'receipt' | 'errorCode'> {
  readonly leaseUntil: Date | null
  readonly intendedAt: Date
  readonly completedAt: Date | null
}

export interface EntryRecord {
  readonly entryNo: number
  readonly at: Date
  readonly kind: string
  readonly actor: string
  readonly data: unknown
  /** Hexadecimal. */
  readonly hash: string
}

export interface OnboardingQuery {
  state?: OnboardingState | undefined
  /**
   * Identity, account or profile id (whole or its beginning), or ref_id (likewise). Of a beginning that more than 500 share, 500 in the order
   * of the ids and the newest 500 are found.
   */
  q?: string | undefined
  /** Identities that match `q` for another reason: an event id that the inbox has found. */
  alsoIdentityIds?: readonly string[] | undefined
  cursor?: string | undefined
  limit: number
}

/** Everything that operators read from the ledger. Rejects when Postgres does not answer. */
export interface OnboardingReads {
  /** Newest first; within one state: last changed first. @throws UsageError for a foreign cursor */
  list(query: OnboardingQuery): Promise<Page<OnboardingRecord>>
  /** By its identity's id; where no identity has it, by its ref_id. */
  find(id: string): Promise<OnboardingRecord | null>
  entries(identityId: string): Promise<EntryRecord[]>
  /** What is `approved` or `held` is counted now; the others may be some seconds old where there are very many (`keepCount`). */
  countStates(): Promise<Record<OnboardingState, number>>
  /** May be some seconds old where there are very many. */
  countNotices(): Promise<NoticeCounts>
  /** Notices on their way to any of these identities. */
  countIntendedNotices(identityIds: readonly string[]): Promise<number>
  /** How far the customers have come that were opened since then; of the newest 20,000. */
  progress(since: Date): Promise<Progress>
  /** Approved by Paxos and not yet ready, longest first. */
  longestApproved(limit: number): Promise<OnboardingRecord[]>
}

/** Ids that a search looks at, for each column that it searches. */
const MOST_FOUND = 500

type OnboardingRow = Prisma.OnboardingGetPayload<object>
type EffectRow = Prisma.EffectGetPayload<object>

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/

export function readOnboardings(prisma: PrismaClient): OnboardingReads {
  const states = keepCount(() => countStates(prisma))
  const notices = keepCount(() => countNotices(prisma))
  return {
    list: (query) => listOnboardings(prisma, query),
    find: async (id) => {
      const row =
        (await prisma.onboarding.findUnique({ where: { identityId: id } })) ??
        // A uuid arrives here in lower case; the caller of the API may have chosen its letters otherwise.
        (await prisma.onboarding.findFirst({ where: { refId: { in: [id, id.toUpperCase()] } } }))
      return row && toRecord(row, await effectsOf(prisma, [row]))
    },
    entries: async (identityId) => {
      const rows = await prisma.ledgerEntry.findMany({ where: { streamId: identityId }, orderBy: { entryNo: 'asc' } })
      return rows.map(({ entryNo, at, kind, actor, data, hash }) => ({
        entryNo,
        at,
        kind,
        actor,
        data,
        hash: Buffer.from(hash).toString('hex'),
      }))
    },
    countStates: async () => ({ ...(await states()), ...(await countUnfinished(prisma)) }),
    countNotices: notices,
    countIntendedNotices: async (identityIds) =>
      identityIds.length === 0
        ? 0
        : prisma.effect.count({ where: { kind: SEND_NOTIFICATION, state: 'intended', streamId: { in: [...identityIds] } } }),
    progress: (since) => readProgress(prisma, since),
    longestApproved: async (limit) => {
      const rows = await prisma.onboarding.findMany({
        where: { state: 'approved' },
        orderBy: [{ updatedAt: 'asc' }, { identityId: 'asc' }],
        take: limit,
      })
      const effects = await effectsOf(prisma, rows)
      return rows.map((row) => toRecord(row, effects))
    },
  }
}

/** Keyset paging over the index that fits: by last change within a state, else by creation. */
async function listOnboardings(
  prisma: PrismaClient,
  { state, q, alsoIdentityIds, cursor, limit }: OnboardingQuery,
): Promise<Page<OnboardingRecord>> {
  const sort = state ? 'updatedAt' : 'createdAt'
  const last = cursor ? readCursor(sort, cursor) : null
  const rows = await prisma.onboarding.findMany({
    where: q
      ? { identityId: { in: await searchPage(prisma, { q, state, also: alsoIdentityIds ?? [], sort, last, limit: limit + 1 }) } }
      : { ...(state ? { state } : {}), ...(last ? after(sort, last) : {}) },
    orderBy: [{ [sort]: 'desc' }, { identityId: 'desc' }],
    take: limit + 1,
  })
  const effects = await effectsOf(prisma, rows)
  return cutPage(rows, { limit, view: (row) => toRecord(row, effects), key: (row) => [sort, row[sort].toISOString(), row.identityId] })
}

/** In the order of their intents, by their identity. */
async function effectsOf(prisma: PrismaClient, rows: readonly OnboardingRow[]): Promise<Map<string, EffectRow[]>> {
  const effects = await prisma.effect.findMany({
    where: { streamId: { in: rows.map(({ identityId }) => identityId) } },
    orderBy: [{ intendedAt: 'asc' }, { step: 'asc' }],
  })
  return Map.groupBy(effects, ({ streamId }) => streamId)
}

type SortKey = 'createdAt' | 'updatedAt'
/** Where the page before ended. */
interface Last {
  time: string
  identityId: string
}

/** The page of what was found; bounded, so that it can be sorted. */
async function searchPage(
  prisma: PrismaClient,
  {
    also,
    last,
    limit,
    ...what
  }: { q: string; state: OnboardingState | undefined; also: readonly string[]; sort: SortKey; last: Last | null; limit: number },
): Promise<string[]> {
  const found = [...also, ...(await search(prisma, what))]
  const column = COLUMNS[what.sort]
  const rows = await prisma.$queryRaw<Found[]>`SELECT identity_id FROM onboarding WHERE identity_id = ANY (${found}::text[])
    ${what.state ? Prisma.sql`AND state = ${what.state}` : Prisma.empty}
    ${last ? Prisma.sql`AND (${column}, identity_id) < (${last.time}::timestamptz, ${last.identityId})` : Prisma.empty}
    ORDER BY ${column} DESC, identity_id DESC LIMIT ${limit}`
  return rows.map(({ identity_id }) => identity_id)
}

const COLUMNS: Record<SortKey, Prisma.Sql> = { createdAt: Prisma.sql`created_at`, updatedAt: Prisma.sql`updated_at` }

/**
 * Identities that match, found column by column, each in its own unique index and bounded. One query with OR would leave the planner to
 * choose between bitmaps over every match and walking the whole table in the order of the list.
 */
async function search(
  prisma: PrismaClient,
  { q, state, sort }: { q: string; state: OnboardingState | undefined; sort: SortKey },
): Promise<string[]> {
  const patterns = prefixPatterns(q)
  const columns = [Prisma.sql`ref_id`, Prisma.sql`identity_id`, Prisma.sql`account_id`, Prisma.sql`profile_id`].flatMap((column) =>
    patterns.map((pattern) => ({ column, matches: Prisma.sql`${column} LIKE ${pattern}` })),
  )
  const found = await Promise.all(
    columns.map(
      ({ column, matches }) =>
        prisma.$queryRaw<Found[]>`SELECT identity_id FROM onboarding WHERE ${matches} ORDER BY ${column} LIMIT ${MOST_FOUND}`,
    ),
  )
  if (found.some(({ length }) => length === MOST_FOUND)) {
    const inState = state ? Prisma.sql`WHERE state = ${state}` : Prisma.empty
    const matches = Prisma.join(
      columns.map((column) => column.matches),
      ' OR ',
    )
    found.push(
      await prisma.$queryRaw<Found[]>`SELECT identity_id FROM (
        SELECT identity_id, ref_id, account_id, profile_id FROM onboarding ${inState} ORDER BY ${COLUMNS[sort]} DESC, identity_id DESC LIMIT ${MOST_LOOKED_THROUGH}
      ) AS newest WHERE ${matches} LIMIT ${MOST_FOUND}`,
    )
  }
  return [...new Set(found.flat().map(({ identity_id }) => identity_id))]
}

interface Found {
  identity_id: string
}

function readCursor(sort: SortKey, cursor: string): Last {
  const [, time = '', identityId = ''] = decodeCursor(cursor, [new RegExp(`^${sort}$`), ISO_TIME, OPAQUE_ID])
  return { time, identityId }
}

/** The first bound is implied by the second; it is there because the index can use it. */
function after(sort: SortKey, { time, identityId }: Last): Prisma.OnboardingWhereInput {
  return { [sort]: { lte: time }, OR: [{ [sort]: { lt: time } }, { identityId: { lt: identityId } }] }
}

function toRecord(row: OnboardingRow, effects: ReadonlyMap<string, EffectRow[]>): OnboardingRecord {
  const {
    identityId,
    refId,
    identityStatus,
    requiredDocuments,
    accountId,
    profileId,
    entryCount,
    createdAt,
    updatedAt,
    approvedAt,
    readyAt,
  } = row
  return {
    identityId,
    refId,
    // The columns' CHECK constraints and the one writer (ledger.ts) keep these to their unions.
    origin: row.origin as Onboarding['origin'],
    state: row.state as OnboardingState,
    heldFrom: row.heldFrom as OnboardingState | null,
    heldReason: row.heldReason as HoldReason | null,
    identityStatus,
    statusDetails: row.statusDetails as Onboarding['statusDetails'], // only the ledger writes it
    requiredDocuments,
    accountId,
    profileId,
    entryCount,
    createdAt,
    updatedAt,
    approvedAt,
    readyAt,
    effects: (effects.get(identityId) ?? []).map((effect) => ({
      step: effect.step,
      kind: effect.kind,
      name: effect.name,
      number: effect.number,
      key: effect.key,
      state: effect.state as Effect['state'],
      attempts: effect.attempts,
      leaseUntil: effect.leaseUntil,
      receipt: effect.receipt as Effect['receipt'], // only the ledger writes it
      errorCode: effect.errorCode,
      intendedAt: effect.intendedAt,
      completedAt: effect.completedAt,
    })),
  }
}
