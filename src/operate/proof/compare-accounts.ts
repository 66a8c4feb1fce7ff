import type { Pool } from 'pg'
import { OPEN_ACCOUNT } from '../../domain/account/account.ts'
import { accountRefId } from '../../domain/onboarding/account-effect.ts'
import { readAccountIds } from '../../ledger/prove-once.ts'
import { readFurtherAccountIds } from '../../ledger/read-accounts.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'

/** How the accounts of a customer differ. */
export type AccountClass = 'account-twice' | 'account-missing-at-paxos' | 'account-missing-here' | 'account-differs'

export interface AccountDifference {
  /** The customer; of a further account its ref_id. */
  readonly subject: string
  /** A further account of a customer, and not the first. */
  readonly further: boolean
  readonly class: AccountClass
  readonly problem: string
}

/** The ref_ids of further accounts begin with this: `intendedEffect`. */
const FURTHER = `gatehouse-${OPEN_ACCOUNT}-`

/** Accounts at Paxos under a key of ours: by customer, and further ones by ref_id. */
interface Listed {
  readonly first: Map<string, string[]>
  readonly further: Map<string, string[]>
  readonly all: Set<string>
}

/** Compares with Paxos's whole listing, page by page. A difference is read here again: the account may have been opened meanwhile. */
export async function compareAccounts({ pool, paxos }: { pool: Pool; paxos: Pick<PaxosClient, 'accounts'> }): Promise<{
  checked: number
  differences: AccountDifference[]
}> {
  const [before, furtherBefore] = await Promise.all([readAccountIds(pool), readFurtherAccountIds(pool)])
  const listed = await listAccounts(paxos)
  const suspects = differing(before, listed.first, listed.all)
  const now = await readAccountIds(pool, suspects)
  const furtherSuspects = differing(furtherBefore, listed.further, listed.all)
  const furtherNow = furtherSuspects.length === 0 ? furtherBefore : await readFurtherAccountIds(pool)
  const found = (further: boolean, subjects: readonly string[], here: ReadonlyMap<string, string>): AccountDifference[] =>
    subjects.flatMap((subject) => {
      const ours = (further ? listed.further : listed.first).get(subject) ?? []
      const wrong = wrongWith({ here: here.get(subject), ours, atPaxos: listed.all })
      return wrong === null ? [] : [{ subject, further, ...wrong }]
    })
  return { checked: listed.all.size, differences: [...found(false, suspects, now), ...found(true, furtherSuspects, furtherNow)] }
}

async function listAccounts(paxos: Pick<PaxosClient, 'accounts'>): Promise<Listed> {
  const listed: Listed = { first: new Map(), further: new Map(), all: new Set() }
  for await (const accounts of paxos.accounts.pagesOfAll()) {
    for (const { id, identityId, refId } of accounts) {
      listed.all.add(id)
      if (refId?.startsWith(FURTHER)) listed.further.set(refId, [...(listed.further.get(refId) ?? []), id])
      if (refId === accountRefId(identityId)) listed.first.set(identityId, [...(listed.first.get(identityId) ?? []), id])
    }
  }
  return listed
}

/** The union of both sides, without those that agree. */
function differing(
  here: ReadonlyMap<string, string>,
  listed: ReadonlyMap<string, readonly string[]>,
  atPaxos: ReadonlySet<string>,
): string[] {
  return [...new Set([...here.keys(), ...listed.keys()])].filter(
    (subject) => wrongWith({ here: here.get(subject), ours: listed.get(subject) ?? [], atPaxos }) !== null,
  )
}

interface Sides {
  here: string | undefined
  ours: readonly string[]
  atPaxos: ReadonlySet<string>
}

function wrongWith({ here, ours, atPaxos }: Sides): Pick<AccountDifference, 'class' | 'problem'> | null {
  const [first] = ours
  if (ours.length > 1) return { class: 'account-twice', problem: `${ours.length} accounts at Paxos under our key: ${ours.join(', ')}` }
  if (here !== undefined && !atPaxos.has(here)) return { class: 'account-missing-at-paxos', problem: `account ${here} is not at Paxos` }
  if (first === undefined || first === here) return null
  if (here === undefined)
    return { class: 'account-missing-here', problem: `account ${first} at Paxos has our key and is not recorded here` }
  return { class: 'account-differs', problem: `account ${first} at Paxos has our key; ${here} is recorded here` }
}
