import { SEND_NOTIFICATION } from '../domain/notification.ts'
import type { OnboardingState } from '../domain/onboarding/onboarding.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import { keepCount } from '../platform/keep-count.ts'
import { OPAQUE_ID } from '../platform/opaque-id.ts'
import { cutPage, decodeCursor, ISO_TIME, type Page } from '../platform/page.ts'
import type { PrismaClient } from '../platform/postgres/prisma.ts'
import { countNotices, countStates, countUnfinished, type NoticeCounts, type Progress, readProgress } from './count-onboardings.ts'
import { BOOKKEEPING, type EntryRecord, effectsOf, type OnboardingRecord, toRecord } from './onboarding-record.ts'
import { type Last, type SortKey, searchPage } from './search-onboardings.ts'

export interface OnboardingQuery {
  state?: OnboardingState | undefined
  /**
   * Identity, account or profile id, or ref_id; whole or its prefix. If more than 500 share a prefix, the first 500 by id and the newest
   * 500 are found.
   */
  q?: string | undefined
  /** Identities that match `q` through an event id, which the inbox found. */
  alsoIdentityIds?: readonly string[] | undefined
  cursor?: string | undefined
  limit: number
}

/** Operators' reads of onboardings. Rejects when Postgres does not answer. */
export interface OnboardingReads {
  /** Newest first; within one state: last changed first. @throws UsageError for a foreign cursor */
  list(query: OnboardingQuery): Promise<Page<OnboardingRecord>>
  /** The onboarding with this identity id, else with this ref_id. */
  find(id: string): Promise<OnboardingRecord | null>
  entries(identityId: string): Promise<EntryRecord[]>
  /** Counts of `approved` and `held` are exact. The others may be some seconds old in a large installation (`keepCount`). */
  countStates(): Promise<Record<OnboardingState, number>>
  /** May be some seconds old in a large installation. */
  countNotices(): Promise<NoticeCounts>
  /** Unsent notifications for these identities. */
  countIntendedNotices(identityIds: readonly string[]): Promise<number>
  /** Progress of the customers that were opened since then, among the newest 20,000. */
  progress(since: Date): Promise<Progress>
  /** Approved by Paxos and not yet ready, longest first. */
  longestApproved(limit: number): Promise<OnboardingRecord[]>
}

export function readOnboardings(prisma: PrismaClient): OnboardingReads {
  const states = keepCount(() => countStates(prisma))
  const notices = keepCount(() => countNotices(prisma))
  return {
    list: (query) => listOnboardings(prisma, query),
    find: async (id) => {
      const row =
        (await prisma.onboarding.findUnique({ where: { identityId: id }, omit: BOOKKEEPING })) ??
        // A uuid arrives here in lower case. The caller of the API may have sent it in upper case as a ref_id.
        (await prisma.onboarding.findFirst({ where: { refId: { in: [id, id.toUpperCase()] } }, omit: BOOKKEEPING }))
      return row && toRecord(row, await effectsOf(prisma, [row]))
    },
    entries: async (identityId) => {
      const rows = await prisma.ledgerEntry.findMany({
        where: { streamId: identityId },
        orderBy: { entryNo: 'asc' },
        omit: { streamId: true, prevHash: true },
      })
      return rows.map(({ hash, ...entry }) => ({ ...entry, hash: Buffer.from(hash).toString('hex') }))
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
        omit: BOOKKEEPING,
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
    omit: BOOKKEEPING,
  })
  const effects = await effectsOf(prisma, rows)
  return cutPage(rows, { limit, view: (row) => toRecord(row, effects), key: (row) => [sort, row[sort].toISOString(), row.identityId] })
}

function readCursor(sort: SortKey, cursor: string): Last {
  const [, time = '', identityId = ''] = decodeCursor(cursor, [new RegExp(`^${sort}$`), ISO_TIME, OPAQUE_ID])
  return { time, identityId }
}

/** The second bound implies the first, which is there because the index can use it. */
function after(sort: SortKey, { time, identityId }: Last): Prisma.OnboardingWhereInput {
  return { [sort]: { lte: time }, OR: [{ [sort]: { lt: time } }, { identityId: { lt: identityId } }] }
}
