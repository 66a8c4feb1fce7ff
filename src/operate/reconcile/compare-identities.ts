import type { Pool } from 'pg'
import { listIdentityIds } from '../../ledger/read-drift.ts'
import { readStatuses } from '../../ledger/read-statuses.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { walkPages } from '../../paxos/transport/walk-pages.ts'
import { type Difference, type DriftPart, differenceOf } from './drift-report.ts'

const PAGE = 100
const OURS = 1_000
/** With 10 reads a second, this many identities take about 100 s. A larger installation is compared in part. */
const MOST_IDENTITIES = 100_000
/** A younger identity or change may still have its event in transit, milliseconds. */
const SETTLE_MS = 60_000

/**
 * Compares the union of both sides. An identity that Paxos has not decided (PENDING) opens no onboarding, so it is not missing here. Which status
 * an identity has is compared by the poll of identities, all the time.
 */
export async function compareIdentities({ pool, paxos }: { pool: Pool; paxos: PaxosClient }, at: Date): Promise<DriftPart> {
  const settledBefore = new Date(at.getTime() - SETTLE_MS)
  const listed = new Set<string>()
  const differences: Difference[] = []
  const listing = { operation: 'identities.list', mostPages: MOST_IDENTITIES / PAGE + 1 }
  const readPage = (cursor: string | null) => paxos.identities.list({ order: 'ASC', limit: PAGE, cursor, priority: 'replay' })
  for await (const { identities } of walkPages(readPage, listing)) {
    for (const { id } of identities) listed.add(id)
    const decided = identities.filter(({ status, updatedAt }) => status !== 'PENDING' && Date.parse(updatedAt) < settledBefore.getTime())
    const known = new Set(
      (
        await readStatuses(
          pool,
          decided.map(({ id }) => id),
        )
      ).map(({ identityId }) => identityId),
    )
    for (const { id, status } of decided)
      if (!known.has(id)) differences.push(differenceOf('identity-missing-here', id, `${status} at Paxos, and not on record here`))
    if (listed.size >= MOST_IDENTITIES)
      return part(listed.size, differences, `Only the ${MOST_IDENTITIES} oldest identities were compared.`)
  }
  let after: string | null = ''
  while (after !== null) {
    const ids: string[] = await listIdentityIds(pool, { after, createdBefore: settledBefore, limit: OURS })
    for (const id of ids) {
      if (!listed.has(id)) differences.push(differenceOf('identity-missing-at-paxos', id, 'on record here, and not in the list of Paxos'))
    }
    after = ids.length < OURS ? null : (ids.at(-1) ?? null)
  }
  return part(listed.size, differences, null)
}

function part(checked: number, differences: Difference[], incomplete: string | null): DriftPart {
  return { name: 'identities', checked, differences, incomplete }
}
