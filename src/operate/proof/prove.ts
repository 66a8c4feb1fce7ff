import type { Pool } from 'pg'
import type { AuditReport } from '../../audit/audit.ts'
import { countOnce, type OnceClass } from '../../ledger/prove-once.ts'
import type { LedgerReport } from '../../ledger/verify-ledger.ts'
import type { PaxosClient } from '../../paxos/paxos-client.ts'
import { errorCode } from '../../platform/app-error.ts'
import { counted } from '../say/counted.ts'
import { compareAccounts } from './compare-accounts.ts'
import { compareBalances } from './compare-balances.ts'
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

const MOST_EXCEPTIONS = 100

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

async function checkAccountsAtPaxos(parts: Parts): Promise<ProofCheck> {
  const { checked, differences } = await compareAccounts(parts)
  const exceptions = differences.map(({ subject, problem }) => ({ subject, problem, page: pageOf(subject) }))
  return {
    ...{ name: 'accounts-at-paxos', claim: 'the same accounts here and at Paxos, each once under its key', checked },
    exceptions: exceptions.slice(0, MOST_EXCEPTIONS),
    incomplete: null,
  }
}

async function checkBalances(parts: Parts): Promise<ProofCheck> {
  const { checked, differences, incomplete } = await compareBalances(parts)
  const exceptions = differences.map(({ accountId, problem }) => ({ subject: accountId, problem, page: pageOf(accountId) }))
  return {
    ...{ name: 'balances', claim: 'recorded flows equal the balance at Paxos', checked, incomplete },
    exceptions: exceptions.slice(0, MOST_EXCEPTIONS),
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
