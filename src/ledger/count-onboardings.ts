import type { Effect } from '../domain/effect.ts'
import { SEND_NOTIFICATION } from '../domain/notification.ts'
import { ONBOARDING_STATES, type OnboardingState } from '../domain/onboarding/onboarding.ts'
import type { PrismaClient } from '../platform/postgres/prisma.ts'

/** SQL: onboardings that an operator must release, for a scrape of the metrics. Reads a partial index. */
export const HELD_ONBOARDINGS = `SELECT count(*)::int FROM onboarding WHERE state = 'held'`

/** A count or a search without a narrowing index reads this many of the newest onboardings. */
export const MOST_LOOKED_THROUGH = 20_000

export interface NoticeCounts {
  /** With a receipt. */
  sent: number
  /** Superseded before Gatehouse knew that they were sent. */
  suppressed: number
  /** Refused by the application's receiver. A person must look. */
  failed: number
  /** Not sent yet. */
  pending: number
}

/** Number of customers, and how many of them have reached at least each state. */
export interface Progress {
  opened: number
  approved: number
  withAccount: number
  ready: number
}

export async function readProgress(prisma: PrismaClient, since: Date): Promise<Progress> {
  const [progress] = await prisma.$queryRaw<Progress[]>`SELECT count(*)::int AS opened, count(approved_at)::int AS approved,
      count(account_id)::int AS "withAccount", count(ready_at)::int AS ready
    FROM (SELECT approved_at, account_id, ready_at FROM onboarding WHERE created_at >= ${since}
      ORDER BY created_at DESC, identity_id DESC LIMIT ${MOST_LOOKED_THROUGH}) AS recent`
  return progress!
}

export async function countStates(prisma: PrismaClient): Promise<Record<OnboardingState, number>> {
  const rows = await prisma.onboarding.groupBy({ by: ['state'], _count: true })
  const counts = new Map(rows.map(({ state, _count }) => [state, _count]))
  return Object.fromEntries(ONBOARDING_STATES.map((state) => [state, counts.get(state) ?? 0])) as Record<OnboardingState, number>
}

/** Counts the states that show whether something is wrong: few rows, counted in the index. */
export async function countUnfinished(prisma: PrismaClient): Promise<Pick<Record<OnboardingState, number>, 'approved' | 'held'>> {
  const [approved, held] = await Promise.all([
    prisma.onboarding.count({ where: { state: 'approved' } }),
    prisma.onboarding.count({ where: { state: 'held' } }),
  ])
  return { approved, held }
}

export async function countNotices(prisma: PrismaClient): Promise<NoticeCounts> {
  const rows = await prisma.effect.groupBy({ by: ['state'], where: { kind: SEND_NOTIFICATION }, _count: true })
  const count = (state: Effect['state']): number => rows.find((row) => row.state === state)?._count ?? 0
  return { sent: count('done'), suppressed: count('suppressed'), failed: count('refused'), pending: count('intended') }
}
