import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import { ADOPT_IDENTITY } from '../../domain/onboarding/onboarding.ts'
import { parkTimers } from '../../inbox/park-timers.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { errorCode } from '../../platform/app-error.ts'
import type { Perform } from '../audited.ts'
import { compareAccounts } from '../proof/compare-accounts.ts'
import { compareBalances } from '../proof/compare-balances.ts'
import type { AccountProof } from '../proof/prove-balances.ts'
import { compareIdentities } from './compare-identities.ts'
import { compareOrders } from './compare-orders.ts'
import { DRIFT_PARTS, type DriftPart, type DriftPartName, differenceOf } from './drift-report.ts'

export { DRIFT_CLASSES, DRIFT_PARTS, type DriftPart } from './drift-report.ts'

export interface DriftReport {
  readonly at: Date
  readonly parts: readonly DriftPart[]
  readonly differences: number
  /** Every part was compared in full. */
  readonly complete: boolean
  /** The replay that heals the classes that a replay can heal; null: not planned, or nothing to heal. It needs an approval. */
  readonly replayId: string | null
}

export interface DriftUseCases {
  /** Compares the record with Paxos by the union of both sides. `plan`: also plans a replay that heals what a replay can heal. */
  findDrift(options: { plan?: boolean | undefined }, actor: Actor): Promise<DriftReport>
}

interface Parts {
  pool: Pool
  paxos: PaxosClient
  perform: Perform
  proveBalances: (accountId: string) => Promise<AccountProof>
  planReplay: (filter: { eventIds: string[] }, actor: Actor, options: { waitMs: number }) => Promise<{ id: string }>
  /** Milliseconds since 1970. */
  now: () => number
}

const WHY = { errorCode: 'NOT_ON_RECORD', detail: 'A comparison found it at Paxos and not on record. An approved replay takes it over.' }
/** How long the request waits for the plan, milliseconds. It then goes on in the background. */
const PLAN_MS = 3_000

export function driftUseCases(parts: Parts): DriftUseCases {
  const result = ({ differences, complete, replayId }: DriftReport) => ({ data: { differences, complete, replayId } })
  return {
    findDrift: ({ plan = false }, actor) =>
      parts.perform(
        actor,
        { action: 'reconcile.drift', target: 'drift', reason: null, data: { plan }, entry: 'before', result },
        async () => {
          const at = new Date(parts.now())
          const found = await compareAll(parts, at)
          const differences = found.reduce((sum, part) => sum + part.differences.length, 0)
          const replayId = plan ? await planHeal(parts, found, actor) : null
          return { at, parts: found, differences, complete: found.every(({ incomplete }) => incomplete === null), replayId }
        },
      ),
  }
}

async function compareAll(parts: Parts, at: Date): Promise<DriftPart[]> {
  const compare: Readonly<Record<DriftPartName, () => Promise<DriftPart>>> = {
    identities: () => compareIdentities(parts, at),
    accounts: () => accountsPart(parts),
    balances: () => balancesPart(parts),
    orders: () => compareOrders(parts, at),
  }
  const found: DriftPart[] = []
  for (const name of DRIFT_PARTS) found.push(await guarded(name, compare[name]))
  return found
}

/** A failed part reports itself and does not hide the others. */
function guarded(name: DriftPartName, compare: () => Promise<DriftPart>): Promise<DriftPart> {
  return compare().catch((error: unknown) => ({
    ...{ name, checked: 0, differences: [] },
    incomplete: `Not compared: Paxos could not be read (${errorCode(error)}).`,
  }))
}

async function accountsPart(parts: Parts): Promise<DriftPart> {
  const { checked, differences } = await compareAccounts(parts)
  return {
    ...{ name: 'accounts', checked, incomplete: null },
    // A replay takes over the first account of a customer; a further one only under the key of its request.
    differences: differences.map(({ subject, further, problem, class: kind }) =>
      further ? { ...differenceOf(kind, subject, problem), healedBy: 'person' } : differenceOf(kind, subject, problem),
    ),
  }
}

/** A balance never heals by itself: the first movement that differs says what happened (`gatehouse proof balances`). */
async function balancesPart(parts: Parts): Promise<DriftPart> {
  const { checked, differences, incomplete } = await compareBalances(parts)
  return {
    ...{ name: 'balances', checked, incomplete },
    differences: differences.map(({ accountId, problem }) => differenceOf('balance-differs', accountId, problem)),
  }
}

/** Parks one event per customer to take over, and plans their replay: it has the preview, the approval and the stages of every replay. */
async function planHeal({ pool, planReplay }: Parts, found: readonly DriftPart[], actor: Actor): Promise<string | null> {
  const identityIds = new Set(
    found.flatMap(({ differences }) => differences.filter(({ healedBy }) => healedBy === 'replay').map(({ subject }) => subject)),
  )
  if (identityIds.size === 0) return null
  const timers = [...identityIds].map((identityId) => ({ streamId: identityId, name: ADOPT_IDENTITY, identityId }))
  const eventIds = await parkTimers(pool, timers, WHY)
  return (await planReplay({ eventIds }, actor, { waitMs: PLAN_MS })).id
}
