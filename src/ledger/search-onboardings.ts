import type { OnboardingState } from '../domain/onboarding/onboarding.ts'
import { Prisma } from '../generated/prisma/client.ts'
import { prefixPatterns } from '../platform/opaque-id.ts'
import type { PrismaClient } from '../platform/postgres/prisma.ts'
import { MOST_LOOKED_THROUGH } from './count-onboardings.ts'

/** Most ids that a search reads per column. */
const MOST_FOUND = 500

export type SortKey = 'createdAt' | 'updatedAt'

/** The end of the previous page. */
export interface Last {
  time: string
  identityId: string
}

/** A page of search results. Their number is bounded, so they can be sorted. */
export async function searchPage(
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
 * Matching identities, found column by column, each in its own unique index and bounded. For one query with OR the planner would combine
 * bitmaps over every match or walk the whole table in the list's order.
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
