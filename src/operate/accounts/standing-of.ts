import { jointStanding, type Standing, standingOfState } from '../../domain/account/owner-standing.ts'
import type { AccountRecord } from '../../ledger/read-accounts.ts'

/** What the account's owners permit it now, by their onboardings. */
export function standingOf({ owners }: Pick<AccountRecord, 'owners'>): Standing {
  return jointStanding(owners.map(({ state }) => standingOfState(state)))
}
