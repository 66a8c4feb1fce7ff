import type { Pool } from 'pg'
import { listAudit, verifyAudit } from '../audit/audit.ts'
import { readEvents } from '../inbox/read-events.ts'
import { readOnboardings } from '../ledger/read-onboardings.ts'
import { type LedgerReport, verifyLedger } from '../ledger/verify-ledger.ts'
import type { UpstreamPace } from '../paxos/upstream-pace.ts'
import { createPrisma } from '../platform/postgres/prisma.ts'
import type { EventQueue } from '../queue/event-queue.ts'
import type { World } from '../roster/role-process.ts'
import type { Roster } from '../roster/roster.ts'
import { operatorUseCases } from './access/operators.ts'
import { sessionUseCases } from './access/sessions.ts'
import { signOnUseCases } from './access/sign-on.ts'
import { keyUseCases } from './access/webhook-keys.ts'
import { accountUseCases } from './accounts/account-use-cases.ts'
import type { ChangeMembersParts } from './accounts/change-account-members.ts'
import type { ClosingParts } from './accounts/close-account.ts'
import type { OpenAccountParts } from './accounts/open-account.ts'
import { type AlertParts, alertUseCases, readAlertChannels } from './alerts/alerts.ts'
import { createPerform } from './audited.ts'
import { documentUseCases } from './documents/document-use-cases.ts'
import type { UploadParts } from './documents/upload-document.ts'
import { dossierUseCases } from './dossier/read-dossier.ts'
import { eventUseCases } from './events/events.ts'
import { findUseCases } from './find.ts'
import { clockUseCases } from './health/clocks.ts'
import { diagnose } from './health/diagnose.ts'
import { readHome } from './health/home.ts'
import { honestPace } from './health/honest-pace.ts'
import { readStats } from './health/stats.ts'
import { type ChangeUseCaseParts, changeUseCases } from './identity-changes/change-use-cases.ts'
import { importUseCases } from './imports/import-use-cases.ts'
import { issueUseCases } from './issues/issues.ts'
import type { MemberParts } from './onboarding/change-members.ts'
import { duplicateUseCases } from './onboarding/duplicates.ts'
import { memberUseCases } from './onboarding/member-use-cases.ts'
import { listLongestApproved, onboardingUseCases } from './onboarding/onboardings.ts'
import { type ErasureUseCaseParts, erasureUseCases } from './privacy/erasures.ts'
import { exportUseCases } from './privacy/export-person.ts'
import { vaultUseCases } from './privacy/vault-keys.ts'
import type { Problem } from './problems/problem.ts'
import { readProblems } from './problems/read-problems.ts'
import { proofUseCases } from './proof/prove.ts'
import { queueUseCases } from './queue/queue-control.ts'
import { driftUseCases } from './reconcile/drift.ts'
import { reconciliationUseCases } from './reconcile/reconciliations.ts'
import { replayUseCases } from './replay/replays.ts'
import { type TradingParts, tradingUseCases } from './trading/orders.ts'
import type { OperatorActions, OperatorUseCases } from './use-cases.ts'

export interface UseCaseParts {
  /** The caller closes it. */
  pool: Pool
  queue: Pick<EventQueue, 'counts' | 'paused' | 'pause' | 'resume' | 'evictionPolicy'>
  /** The sagas and replays behind the actions. */
  actions: OperatorActions
  pace: UpstreamPace
  /** The processes on this database, and the queue and Paxos of this process. */
  roster: Pick<Roster, 'live'>
  world: World
  /** Seconds between sweeps; null: not known here. */
  sweepEverySeconds: number | null
  /** One cheap read from Paxos, for `doctor`. Rejects with a PaxosError. */
  askPaxos: () => Promise<void>
  /** Likewise: the scopes that are not granted, by configured feature. */
  missingScopes: () => Promise<readonly { feature: string; scopes: readonly string[] }[]>
  /** The streams, the inbox and the client behind accounts and orders. */
  trading: Omit<TradingParts, 'pool' | 'perform' | 'now'>
  /** The keys of personal data. */
  vault: Omit<Parameters<typeof vaultUseCases>[0], 'perform'>
  /** The streams and keys that an erasure ends. */
  erasure: Pick<ErasureUseCaseParts, 'vault' | 'requests'>
  /** The streams behind the documents of customers. */
  documents: Pick<UploadParts, 'documents' | 'onboardings'>
  /** The streams behind the members of institutions. */
  members: Pick<MemberParts, 'ledger' | 'onboardings'>
  /** The channels for alerts of this process. */
  alerts: Pick<AlertParts, 'settings' | 'openChannels' | 'configured'>
  /** The streams of further accounts, and what their commands need. */
  accounts: Pick<OpenAccountParts, 'accounts' | 'vault'> &
    Pick<ChangeMembersParts, 'accountMemberChanges'> &
    Pick<ClosingParts, 'closings'> & { inbox: OpenAccountParts['inbox'] & ChangeMembersParts['inbox'] }
  /** The streams behind the changes of customers, and their sealed data. */
  identityChanges: Pick<ChangeUseCaseParts, 'changes' | 'vault'>
  /** The streams of requests for identities. */
  requests: Parameters<typeof duplicateUseCases>[0]['requests']
  /** Milliseconds since 1970. */
  now: () => number
}

/** The use cases over one database, composed from one file per feature. Every action goes through `perform`, which audits it. */
export function createUseCases(parts: UseCaseParts): OperatorUseCases {
  const { pool, queue, actions, now } = parts
  const prisma = createPrisma(pool)
  const onboardings = readOnboardings(prisma)
  const events = readEvents({ prisma, pool })
  const perform = createPerform(pool, now)
  const problems = (): Promise<Problem[]> => readProblems(parts)
  const pace = honestPace(parts.pace, problems)
  const trading = tradingUseCases({ ...parts.trading, pool, perform, now })
  const accounts = accountUseCases({ ...parts.trading, ...parts.accounts, onboardings: parts.documents.onboardings, pool, perform, now })
  const replays = replayUseCases({ pool, events, pace, actions, perform })
  const keys = keyUseCases({ pool, perform, now })
  const vault = vaultUseCases({ ...parts.vault, perform })
  const checkLedger = (identityId?: string): Promise<LedgerReport> => verifyLedger(pool, identityId === undefined ? {} : { identityId })
  return {
    ...onboardingUseCases({ pool, onboardings, events, actions, perform, problems, now }),
    ...eventUseCases({ pool, events, perform, now }),
    ...replays,
    ...queueUseCases({ pool, events, queue, pace, problems, actions, perform }),
    home: () => readHome({ events, onboardings, problems, alertChannels: () => readAlertChannels({ ...parts.alerts, pool, now }), now }),
    longestApproved: (limit) => listLongestApproved({ onboardings, events, problems, now }, limit),
    ...trading,
    ...documentUseCases({ ...parts.trading, ...parts.documents, pool, perform, now }),
    ...changeUseCases({ ...parts.trading, ...parts.documents, ...parts.identityChanges, pool, perform, now }),
    ...accounts,
    ...duplicateUseCases({ pool, requests: parts.requests, perform, openAccount: accounts.openAccount, now }),
    ...memberUseCases({ ...parts.trading, ...parts.members, pool, perform, now }),
    ...proofUseCases({
      ...{ pool, now, paxos: parts.trading.paxos, proveBalances: trading.proveBalances },
      verifyLedger: () => checkLedger(),
      verifyAudit: () => verifyAudit(pool, {}),
    }),
    ...reconciliationUseCases({ pool, perform, now, encryptionKey: parts.trading.encryptionKey, paxos: parts.world.upstream }),
    ...findUseCases({ pool }),
    ...issueUseCases({ pool, events, perform, now }),
    ...keys,
    ...vault,
    ...driftUseCases({
      ...{ pool, perform, now, paxos: parts.trading.paxos, proveBalances: trading.proveBalances, planReplay: replays.planReplay },
    }),
    ...clockUseCases({ pool, now }),
    ...dossierUseCases({ pool, now }),
    ...alertUseCases({ ...parts.alerts, pool, perform, now }),
    ...exportUseCases({ pool, perform, now, onboardings, events, vault: parts.erasure.vault }),
    ...importUseCases({ pool, perform, now, encryptionKey: parts.trading.encryptionKey, createOnboarding: actions.createOnboarding }),
    ...erasureUseCases({
      ...{ ...parts.erasure, pool, perform, now, keys: parts.vault.keys, onboardings: parts.documents.onboardings },
      ...{ paxos: parts.trading.paxos, encryptionKey: parts.trading.encryptionKey },
    }),
    ...operatorUseCases({ pool, perform, now }),
    ...signOnUseCases({ pool, perform, now }),
    ...sessionUseCases({ pool, perform, now }),
    testNotice: (actor) =>
      perform(actor, { action: 'notice.test', target: 'application', reason: null, entry: 'before' }, actions.sendTestNotice),
    stats: () => readStats({ onboardings, events, pool, pace, problems, listKeys: keys.listKeys, now }),
    diagnose: () => diagnose({ ...parts, pace, events, problems, listKeys: keys.listKeys, vaultStatus: vault.vaultStatus }),
    verifyLedger: ({ identityId }) => checkLedger(identityId),
    listAudit: (query) => listAudit(pool, query),
    verifyAudit: (options) => verifyAudit(pool, options),
  }
}
