import type { Decimal } from '../money/decimal.ts'
import type { SandboxState } from '../sandbox-state.ts'
import { namedProblem } from './paxos-problem.ts'

/** @throws 403 `insufficient-funds` with the documented text and meta */
export function requireFunds(
  { balances }: Pick<SandboxState, 'balances'>,
  { profileId, asset, needed }: { profileId: string; asset: string; needed: Decimal },
): void {
  const available = balances.balance(`available ${profileId}`, asset)
  if (available.gte(needed)) return
  const [has, needs] = [available.toFixed(), needed.toFixed()]
  throw namedProblem('insufficient-funds', `insufficient ${asset} funds in profile ${profileId}: ${needs} needed, ${has} available`, {
    profile_id: profileId,
    asset,
    available: has,
    needed: needs,
  })
}
