import type { Pool } from 'pg'
import { accountsWithFlows } from '../../ledger/prove-once.ts'
import type { AccountProof } from './prove-balances.ts'

/** Accounts whose balances are compared: each costs a call to Paxos. */
const MOST_BALANCES = 50

/** Compares recorded flows with the balances at Paxos, of the accounts that moved last. `incomplete`: not all accounts were compared. */
export async function compareBalances({
  pool,
  proveBalances,
}: {
  pool: Pool
  proveBalances: (accountId: string) => Promise<AccountProof>
}) {
  const { accountIds, total } = await accountsWithFlows(pool, MOST_BALANCES)
  const differences: { accountId: string; problem: string }[] = []
  for (const accountId of accountIds) {
    const { assets } = await proveBalances(accountId)
    for (const { asset, onRecord, atPaxos, drift } of assets)
      if (!drift.isZero()) differences.push({ accountId, problem: `${asset}: ${onRecord} recorded, ${atPaxos} at Paxos` })
  }
  const partial = total > accountIds.length
  const incomplete = partial ? `Of ${total} accounts with flows, the ${accountIds.length} that moved last were compared.` : null
  return { checked: accountIds.length, differences, incomplete }
}
