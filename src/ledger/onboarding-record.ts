import type { Effect } from '../domain/effect.ts'
import type { HoldReason, Onboarding, OnboardingState } from '../domain/onboarding/onboarding.ts'
import type { Prisma } from '../generated/prisma/client.ts'
import type { PrismaClient } from '../platform/postgres/prisma.ts'

/** An onboarding for operators, with its effects in the order of their intents. */
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

/** What the ledger keeps for itself. */
export const BOOKKEEPING = { version: true, headHash: true } as const

type OnboardingRow = Prisma.OnboardingGetPayload<{ omit: typeof BOOKKEEPING }>
type EffectRow = Prisma.EffectGetPayload<{ omit: { leaseSeq: true; leaseGeneration: true } }>

/** The effects of these onboardings by identity, in the order of their intents. */
export async function effectsOf(prisma: PrismaClient, rows: readonly OnboardingRow[]): Promise<Map<string, EffectRow[]>> {
  const effects = await prisma.effect.findMany({
    where: { streamId: { in: rows.map(({ identityId }) => identityId) } },
    orderBy: [{ intendedAt: 'asc' }, { step: 'asc' }],
    omit: { leaseSeq: true, leaseGeneration: true },
  })
  return Map.groupBy(effects, ({ streamId }) => streamId)
}

export function toRecord(row: OnboardingRow, effects: ReadonlyMap<string, EffectRow[]>): OnboardingRecord {
  return {
    ...row,
    // The columns' CHECK constraints and the only writer (ledger.ts) restrict these to their unions.
    origin: row.origin as Onboarding['origin'],
    state: row.state as OnboardingState,
    heldFrom: row.heldFrom as OnboardingState | null,
    heldReason: row.heldReason as HoldReason | null,
    kycRefresh: row.kycRefresh as Onboarding['kycRefresh'], // likewise
    statusDetails: row.statusDetails as Onboarding['statusDetails'], // only the ledger writes it
    effects: (effects.get(row.identityId) ?? []).map(({ streamId, ...effect }) => ({
      ...effect,
      state: effect.state as Effect['state'],
      receipt: effect.receipt as Effect['receipt'], // only the ledger writes it
    })),
  }
}
