import type { Pool } from 'pg'
import type { AuditReport } from '../../audit/audit.ts'
import { OPEN_ACCOUNT } from '../../domain/account/account.ts'
import { accountRefId } from '../../domain/onboarding/account-effect.ts'
import { accountsWithFlows, countOnce, type OnceClass, readAccountIds } from '../../ledger/prove-once.ts'
import { readFurtherAccountIds } from '../../ledger/read-accounts.ts'
import type { LedgerReport } from '../../ledger/verify-ledger.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { errorCode } from '../../platform/app-error.ts'
import { counted } from '../say/counted.ts'
import type { AccountProof } from './prove-balances.ts'

/** What a proof checks, in the order of its report. */
export const PROOF_CHECKS = ['accounts', 'accounts-at-paxos', 'notifications', 'orders', 'others', 'balances', 'ledger', 'audit'] as const
export type ProofCheckName = (typeof PROOF_CHECKS)[number]

/** An exception: what is wrong, and where to look. */
export interface ProofException {
  readonly subject: string
  readonly problem: string
  /** The page that shows it; null: none does. */
  readonly page: string | null
}

export interface ProofCheck {
  readonly name: ProofCheckName
  /** What was compared, in words. */
  readonly claim: string
  readonly checked: number
  /** 100 at most. */
  readonly exceptions: readonly ProofException[]
  /** Why the check is missing or partial; null: it is complete. */
  readonly incomplete: string | null
}

export interface Proof {
  readonly asOf: Date
  readonly checks: readonly ProofCheck[]
  readonly exceptions: number
  /** Every check was made in full. */
  readonly complete: boolean
}

export interface ProofUseCases {
  /** Counts effects that may happen only once. `here`: without a call to Paxos. Changes nothing. */
  prove(options?: { here?: boolean | undefined }): Promise<Proof>
}

interface Parts {
  pool: Pool
  paxos: Pick<PaxosClient, 'accounts'>
  verifyLedger: () => Promise<LedgerReport>
  verifyAudit: () => Promise<AuditReport>
  proveBalances: (accountId: string) => Promise<AccountProof>
  /** Milliseconds since 1970. */
  now: () => number
}

/** Accounts whose balances one proof compares: each costs a call to Paxos. */
const MOST_BALANCES = 50
const MOST_EXCEPTIONS = 100
/** The ref_ids of further accounts begin with this: `intendedEffect`. */
const FURTHER = `gatehouse-${OPEN_ACCOUNT}-`

const CLAIMS: Readonly<Record<OnceClass, string>> = {
  accounts: 'each account was opened once, by the receipts in the ledger',
  notifications: 'each notification was taken once, by receipts and attempts',
  orders: 'one order or execution per request, by receipts and attempts',
  others: 'every other effect happened once per key',
}

/** One account per identity, one notification per transition, one order per request; balances; both chains. Every exception is listed. */
export function proofUseCases(parts: Parts): ProofUseCases {
  return {
    prove: async ({ here = false } = {}) => {
      const asOf = new Date(parts.now())
      const [once, ledger, audit] = await Promise.all([checkOnce(parts.pool), checkLedger(parts), checkAudit(parts)])
      const upstream = here
        ? []
        : [await guarded('accounts-at-paxos', () => checkAccountsAtPaxos(parts)), await guarded('balances', () => checkBalances(parts))]
      const checks = [...once, ...upstream, ledger, audit].toSorted((a, b) => PROOF_CHECKS.indexOf(a.name) - PROOF_CHECKS.indexOf(b.name))
      const exceptions = checks.reduce((sum, check) => sum + check.exceptions.length, 0)
      return { asOf, checks, exceptions, complete: !here && checks.every(({ incomplete }) => incomplete === null) }
    },
  }
}

/** A failed check reports itself and does not hide the others. */
async function guarded(name: ProofCheckName, check: () => Promise<ProofCheck>): Promise<ProofCheck> {
  return check().catch((error: unknown) => ({
    ...{ name, claim: 'compared with Paxos', checked: 0, exceptions: [] },
    incomplete: `Not checked: Paxos could not be read (${errorCode(error)}).`,
  }))
}

async function checkOnce(pool: Pool): Promise<ProofCheck[]> {
  const counts = new Map((await countOnce(pool)).map((count) => [count.class, count]))
  return (Object.keys(CLAIMS) as OnceClass[]).map((name) => {
    const { keys = 0, twice = [] } = counts.get(name) ?? {}
    const exceptions = twice.map(({ streamId, step, times }) => ({
      subject: streamId,
      problem: `${step}: done ${times} times under one key`,
      page: pageOf(streamId),
    }))
    return { name, claim: CLAIMS[name], checked: keys, exceptions, incomplete: null }
  })
}

/** Compares with Paxos's whole listing, page by page. A difference is read here again: the account may have been opened meanwhile. */
async function checkAccountsAtPaxos({ pool, paxos }: Parts): Promise<ProofCheck> {
  const [before, furtherBefore] = await Promise.all([readAccountIds(pool), readFurtherAccountIds(pool)])
  const ours = new Map<string, string[]>()
  const atPaxos = new Set<string>()
  const refIds = new Map<string, string[]>()
  for await (const accounts of paxos.accounts.pagesOfAll()) {
    for (const { id, identityId, refId } of accounts) {
      atPaxos.add(id)
      if (refId?.startsWith(FURTHER)) refIds.set(refId, [...(refIds.get(refId) ?? []), id])
      if (refId === accountRefId(identityId)) ours.set(identityId, [...(ours.get(identityId) ?? []), id])
    }
  }
  const further = await checkFurtherAccounts(pool, { before: furtherBefore, refIds, atPaxos })
  const suspects = [
    ...[...ours].filter(([identityId, ids]) => ids.length > 1 || before.get(identityId) !== ids[0]).map(([identityId]) => identityId),
    ...[...before].filter(([, accountId]) => !atPaxos.has(accountId)).map(([identityId]) => identityId),
  ]
  const now = await readAccountIds(pool, suspects)
  const exceptions = suspects.flatMap((identityId) => {
    const problem = wrongWith({ here: now.get(identityId), ours: ours.get(identityId) ?? [], atPaxos })
    return problem === null ? [] : [{ subject: identityId, problem, page: pageOf(identityId) }]
  })
  return {
    ...{ name: 'accounts-at-paxos', claim: 'the same accounts here and at Paxos, each once under its key', checked: atPaxos.size },
    exceptions: [...exceptions, ...further].slice(0, MOST_EXCEPTIONS),
    incomplete: null,
  }
}

/** The same for further accounts, by their ref_id. */
async function checkFurtherAccounts(
  pool: Pool,
  seen: { before: ReadonlyMap<string, string>; refIds: ReadonlyMap<string, readonly string[]>; atPaxos: ReadonlySet<string> },
): Promise<ProofException[]> {
  const { before, refIds, atPaxos } = seen
  const problemOf = (refId: string, here: string | undefined) => wrongWith({ here, ours: refIds.get(refId) ?? [], atPaxos })
  const suspects = [...new Set([...before.keys(), ...refIds.keys()])].filter((refId) => problemOf(refId, before.get(refId)) !== null)
  if (suspects.length === 0) return []
  const now = await readFurtherAccountIds(pool)
  return suspects.flatMap((refId) => {
    const problem = problemOf(refId, now.get(refId))
    return problem === null ? [] : [{ subject: refId, problem, page: pageOf(refId) }]
  })
}

function wrongWith({
  here,
  ours,
  atPaxos,
}: {
  here: string | undefined
  ours: readonly string[]
  atPaxos: ReadonlySet<string>
}): string | null {
  if (ours.length > 1) return `${ours.length} accounts at Paxos under our key: ${ours.join(', ')}`
  if (here !== undefined && !atPaxos.has(here)) return `account ${here} is not at Paxos`
  if (ours[0] !== undefined && here === undefined) return `account ${ours[0]} at Paxos has our key and is not recorded here`
  return ours[0] !== undefined && here !== ours[0] ? `account ${ours[0]} at Paxos has our key; ${here} is recorded here` : null
}

async function checkBalances({ pool, proveBalances }: Parts): Promise<ProofCheck> {
  const { accountIds, total } = await accountsWithFlows(pool, MOST_BALANCES)
  const exceptions: ProofException[] = []
  for (const accountId of accountIds) {
    const { assets } = await proveBalances(accountId)
    for (const { asset, onRecord, atPaxos, drift } of assets) {
      if (drift.isZero()) continue
      exceptions.push({ subject: accountId, problem: `${asset}: ${onRecord} recorded, ${atPaxos} at Paxos`, page: `/find?q=${accountId}` })
    }
  }
  return {
    ...{ name: 'balances', claim: 'recorded flows equal the balance at Paxos', checked: accountIds.length },
    exceptions: exceptions.slice(0, MOST_EXCEPTIONS),
    incomplete:
      total > accountIds.length
        ? `Of ${counted(total, 'account')} with flows, the ${accountIds.length} that moved last were compared.`
        : null,
  }
}

async function checkLedger({ verifyLedger }: Parts): Promise<ProofCheck> {
  const { identities, entries, faults } = await verifyLedger()
  const exceptions = faults.map(({ identityId, entryNo, problem }) => ({
    subject: identityId,
    problem: entryNo === null ? problem : `entry ${entryNo} ${problem}`,
    page: pageOf(identityId),
  }))
  return { name: 'ledger', claim: `${counted(identities, 'chain')} of the ledger intact`, checked: entries, exceptions, incomplete: null }
}

async function checkAudit({ verifyAudit }: Parts): Promise<ProofCheck> {
  const { entries, fault } = await verifyAudit()
  const exceptions = fault ? [{ subject: `audit entry ${fault.entryNo}`, problem: fault.problem, page: '/audit' }] : []
  return { name: 'audit', claim: 'the chain of the audit intact', checked: entries, exceptions, incomplete: null }
}

function pageOf(streamId: string): string {
  return `/find?q=${encodeURIComponent(streamId)}`
}
