import type { Prisma } from '../generated/prisma/client.ts'
import { type Effect, type HoldReason, ONBOARDING_STATES, type Onboarding, type OnboardingState } from '../onboarding/onboarding.ts'
import { cutPage, decodeCursor, type Page } from '../platform/page.ts'
import type { PrismaClient } from '../platform/prisma.ts'
import { uuidRange } from '../platform/uuid-range.ts'

/** An onboarding as operators read it, with its effects in the order of their intents. */
export interface OnboardingRecord extends Onboarding {
  readonly entryCount: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly approvedAt: Date | null
  readonly readyAt: Date | null
  readonly effects: readonly EffectRecord[]
}

export interface EffectRecord extends Pick<Effect, 'step' | 'kind' | 'key' | 'state' | 'attempts' | 'receipt' | 'errorCode'> {
  readonly leaseUntil: Date | null
  readonly intendedAt: Date
  readonly settledAt: Date | null
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
  /** Identity, account or profile id (whole or its beginning), or ref_id (likewise). */
  q?: string | undefined
  /** Identities that match `q` for another reason: an event id that the inbox has found. */
  alsoIdentityIds?: readonly string[] | undefined
  cursor?: string | undefined
  limit: number
}

export interface NoticeCounts {
  /** Have their receipt. */
  sent: number
  /** Superseded before they were known to be sent. */
  suppressed: number
  /** Refused by the receiver; a person must look. */
  failed: number
  /** On their way. */
  pending: number
}

/** Everything that operators read from the ledger. Rejects when Postgres does not answer. */
export interface OnboardingReads {
  /** Newest first; within one state: last changed first. @throws UsageError for a foreign cursor */
  list(query: OnboardingQuery): Promise<Page<OnboardingRecord>>
  find(identityId: string): Promise<OnboardingRecord | null>
  entries(identityId: string): Promise<EntryRecord[]>
  countStates(): Promise<Record<OnboardingState, number>>
  countNotices(): Promise<NoticeCounts>
}

const WITH_EFFECTS = { effects: { orderBy: [{ intendedAt: 'asc' }, { step: 'asc' }] } } satisfies Prisma.OnboardingInclude
type OnboardingRow = Prisma.OnboardingGetPayload<{ include: typeof WITH_EFFECTS }>

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/
const ID = /^[0-9a-f-]{36}$/

export function readOnboardings(prisma: PrismaClient): OnboardingReads {
  return {
    list: (query) => listOnboardings(prisma, query),
    find: async (identityId) => {
      const row = await prisma.onboarding.findUnique({ where: { identityId }, include: WITH_EFFECTS })
      return row && toRecord(row)
    },
    entries: async (identityId) => {
      const rows = await prisma.ledgerEntry.findMany({ where: { identityId }, orderBy: { entryNo: 'asc' } })
      return rows.map(({ entryNo, at, kind, actor, data, hash }) => ({
        entryNo,
        at,
        kind,
        actor,
        data,
        hash: Buffer.from(hash).toString('hex'),
      }))
    },
    countStates: async () => {
      const rows = await prisma.onboarding.groupBy({ by: ['state'], _count: true })
      const counts = new Map(rows.map(({ state, _count }) => [state, _count]))
      return Object.fromEntries(ONBOARDING_STATES.map((state) => [state, counts.get(state) ?? 0])) as Record<OnboardingState, number>
    },
    countNotices: async () => {
      const rows = await prisma.effect.groupBy({ by: ['state'], where: { kind: 'notice' }, _count: true })
      const count = (state: Effect['state']): number => rows.find((row) => row.state === state)?._count ?? 0
      return { sent: count('done'), suppressed: count('suppressed'), failed: count('refused'), pending: count('intended') }
    },
  }
}

/** Keyset paging over the index that fits: by last change within a state, else by creation. */
async function listOnboardings(
  prisma: PrismaClient,
  { state, q, alsoIdentityIds, cursor, limit }: OnboardingQuery,
): Promise<Page<OnboardingRecord>> {
  const sort = state ? 'updatedAt' : 'createdAt'
  const rows = await prisma.onboarding.findMany({
    where: { AND: [state ? { state } : {}, q ? matching(q, alsoIdentityIds ?? []) : {}, cursor ? after(sort, cursor) : {}] },
    orderBy: [{ [sort]: 'desc' }, { identityId: 'desc' }],
    take: limit + 1,
    include: WITH_EFFECTS,
  })
  return cutPage(rows, { limit, view: toRecord, key: (row) => [sort, row[sort].toISOString(), row.identityId] })
}

function matching(q: string, alsoIdentityIds: readonly string[]): Prisma.OnboardingWhereInput {
  const range = uuidRange(q)
  const byId = range ? [{ identityId: range }, { accountId: range }, { profileId: range }] : []
  return { OR: [{ refId: { startsWith: literally(q) } }, { identityId: { in: [...alsoIdentityIds] } }, ...byId] }
}

/** Prisma hands the text to LIKE as it is, where % and _ match anything. */
function literally(text: string): string {
  return text.replaceAll(/[\\%_]/g, '\\$&')
}

/** The first bound is implied by the second; it is there because the index can use it. */
function after(sort: 'createdAt' | 'updatedAt', cursor: string): Prisma.OnboardingWhereInput {
  const [, time = '', identityId = ''] = decodeCursor(cursor, [new RegExp(`^${sort}$`), ISO_TIME, ID])
  return { [sort]: { lte: time }, OR: [{ [sort]: { lt: time } }, { identityId: { lt: identityId } }] }
}

function toRecord(row: OnboardingRow): OnboardingRecord {
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
    requiredDocuments,
    accountId,
    profileId,
    entryCount,
    createdAt,
    updatedAt,
    approvedAt,
    readyAt,
    effects: row.effects.map((effect) => ({
      step: effect.step,
      kind: effect.kind as Effect['kind'],
      key: effect.key,
      state: effect.state as Effect['state'],
      attempts: effect.attempts,
      leaseUntil: effect.leaseUntil,
      receipt: effect.receipt as Effect['receipt'],
      errorCode: effect.errorCode,
      intendedAt: effect.intendedAt,
      settledAt: effect.settledAt,
    })),
  }
}
