import type { AuditEntry, AuditFilter, AuditReport } from '../audit/audit.ts'
import type { Actor } from '../domain/actor.ts'
import type { OnboardingState } from '../domain/onboarding/onboarding.ts'
import type { Command } from '../inbox/commands.ts'
import type { DeliverySample } from '../inbox/delivery-samples.ts'
import type { Dismissal } from '../inbox/dismiss-events.ts'
import type { EventQuery, EventRecord } from '../inbox/read-events.ts'
import type { Issue, IssueState } from '../inbox/read-issues.ts'
import type { NoticeCounts } from '../ledger/count-onboardings.ts'
import type { EntryRecord, OnboardingRecord } from '../ledger/onboarding-record.ts'
import type { AttemptRecord } from '../ledger/read-attempts.ts'
import type { OnboardingQuery } from '../ledger/read-onboardings.ts'
import type { LedgerReport } from '../ledger/verify-ledger.ts'
import type { Page } from '../platform/page.ts'
import type { QueueCounts } from '../queue/event-queue.ts'
import type { ReplayLine } from '../replay/list-replays.ts'
import type { ReplayView } from '../replay/read-replay.ts'
import type { ReplayActions } from '../replay/replay-actions.ts'
import type { ReplayFilter } from '../replay/replay-filter.ts'
import type { ReplayItem } from '../replay/replay-record.ts'
import type { Steering } from '../replay/steer-replay.ts'
import type { RebuildReport } from '../saga/rebuild-queue.ts'
import type { OperatorAccessUseCases } from './access/operators.ts'
import type { SessionUseCases } from './access/sessions.ts'
import type { SignOnUseCases } from './access/sign-on.ts'
import type { KeyUseCases, KeyView } from './access/webhook-keys.ts'
import type { AccountUseCases } from './accounts/account-use-cases.ts'
import type { AlertUseCases } from './alerts/alerts.ts'
import type { DocumentUseCases } from './documents/document-use-cases.ts'
import type { DossierUseCases } from './dossier/read-dossier.ts'
import type { TimelineLine } from './events/timeline.ts'
import type { Waiting } from './events/waiting.ts'
import type { FindUseCases } from './find.ts'
import type { ClockUseCases } from './health/clocks.ts'
import type { Finding } from './health/finding.ts'
import type { Home } from './health/home.ts'
import type { UpstreamOutlook } from './health/upstream-outlook.ts'
import type { ChangeUseCases } from './identity-changes/change-use-cases.ts'
import type { ImportUseCases } from './imports/import-use-cases.ts'
import type { Annotation, IssueVerb } from './issues/issue-input.ts'
import type { CreatedOnboarding, CreateOrder } from './onboarding/create-onboarding.ts'
import type { DuplicateUseCases } from './onboarding/duplicates.ts'
import type { MemberUseCases } from './onboarding/member-use-cases.ts'
import type { ErasureUseCases } from './privacy/erasures.ts'
import type { ExportUseCases } from './privacy/export-person.ts'
import type { VaultUseCases } from './privacy/vault-keys.ts'
import type { Problem } from './problems/problem.ts'
import type { ProofUseCases } from './proof/prove.ts'
import type { QueuePause } from './queue/queue-pause.ts'
import type { DriftUseCases } from './reconcile/drift.ts'
import type { ReconciliationUseCases } from './reconcile/reconciliations.ts'
import type { TradingUseCases } from './trading/order-use-cases.ts'

export type { AuditEntry, AuditReport } from '../audit/audit.ts'
export type { Issue, IssueState } from '../inbox/read-issues.ts'
export type { AccountMemberChangeRecord } from '../ledger/read-account-member-changes.ts'
export type { FurtherAccountRecord } from '../ledger/read-accounts.ts'
export type { AttemptRecord } from '../ledger/read-attempts.ts'
export type { DocumentRecord } from '../ledger/read-documents.ts'
export type { MemberChangeRecord } from '../ledger/read-member-changes.ts'
export type { QueueCounts } from '../queue/event-queue.ts'
export type { ReplayLine } from '../replay/list-replays.ts'
export { REPLAY_STATES } from '../replay/replay-record.ts'
export { STEERINGS, type Steering } from '../replay/steer-replay.ts'
export type { RebuildReport } from '../saga/rebuild-queue.ts'
export type { ClosingView } from './accounts/close-account.ts'
export type { ChangeView } from './identity-changes/change-use-cases.ts'

export interface OnboardingView extends OnboardingRecord {
  /** Why it is not moving, and who or what moves it next; null once it has ended. */
  readonly waiting: Waiting | null
  /** The same as a sentence. */
  readonly waitingFor: string | null
  /** Paxos's requirements and restrictions, a sentence for each: what it is, who must act, what to do. For operators. */
  readonly outstanding: readonly string[]
  /** A neutral sentence for the customer, without codes; null: nothing to say. */
  readonly customerMessage: string | null
}

export interface OnboardingStory extends OnboardingView {
  readonly entries: readonly EntryRecord[]
  readonly events: readonly EventView[]
  readonly timeline: readonly TimelineLine[]
  /** Every attempt of the customer's effects, oldest first; the newest 500. */
  readonly effectAttempts: readonly AttemptRecord[]
}

export interface EventView extends EventRecord {
  /** The time by which its next attempt is due; null if it is finished or needs an operator. */
  readonly nextAttemptBy: Date | null
  readonly waiting: Waiting | null
  /** The same as a sentence. */
  readonly waitingFor: string | null
  /** Who dismissed it, when and why; null if it is not dismissed. */
  readonly dismissal: Dismissal | null
  /** For `EFFECT_REFUSED`: the refusal by Paxos or the application; null for another error, or if not known. */
  readonly refusal: AttemptRecord | null
}

export interface EventStory extends EventView {
  /** Every attempt of the effects of its customer, order or request, oldest first; the newest 500. */
  readonly effectAttempts: readonly AttemptRecord[]
}

export interface ReplayStory extends ReplayView {
  /** For the events that a run would open, current backlog included; during a run, for the rest. */
  readonly upstream: UpstreamOutlook
}

/** Exact for the inbox, except late duplicates of old events. For onboardings and notifications see `OnboardingReads`. */
export interface Stats {
  /** Events by state; `duplicates`: deliveries after the first. */
  inbox: { accepted: number; processed: number; parked: number; dead: number; test: number; dismissed: number; duplicates: number }
  onboardings: Record<OnboardingState, number>
  notices: NoticeCounts
  /** Seconds since the oldest unfinished event was received; null if there is none. */
  oldestUnfinishedSeconds: number | null
  lastWebhookAt: Date | null
  /** Whether workers take jobs: when one last took the canary, and for how long a canary has been waiting. */
  canary: { seenAt: Date | null; sinceSeenSeconds: number | null; waitingSeconds: number | null }
  /**
   * Seconds until Paxos may be called again after a 429, and estimated seconds for the backlog within the rate limits. Null if not known. The
   * estimate is also null while something else delays the backlog: a paused queue, no worker, Paxos or the application down.
   */
  upstream: { lockedForSeconds: number | null; backlogSeconds: number | null }
  webhookKeys: readonly KeyView[]
  /** Alarms about webhook keys, from the problems of the home page. */
  alarms: readonly Problem[]
}

/** Jobs by state, and the inbox's unfinished events. */
export interface QueueStatus {
  queue: QueueCounts
  /** Null if the queue is not paused. */
  pause: QueuePause | null
  inbox: Stats['inbox']
  upstream: Stats['upstream']
  /** What delays events apart from Paxos's rate limits, worst first; empty if nothing does. */
  problems: readonly Problem[]
}

/** The actions, as the composition provides them. `createUseCases` adds the audit to each. */
export interface OperatorActions extends ReplayActions {
  /** Safe to repeat with the same key. @throws AppError */
  createOnboarding(order: CreateOrder): Promise<CreatedOnboarding>
  findCommand(id: string): Promise<Command | null>
  /** Empties the queue and fills it from the inbox. @throws ServiceUnavailableError when the queue does not answer */
  rebuildQueue(): Promise<RebuildReport>
  /** Sends one signed test notification. @throws UsageError without an address; AppError if the application refuses it or does not answer */
  sendTestNotice(): Promise<TestNoticeResult>
}

/** A test notification that the application accepted. */
export interface TestNoticeResult {
  /** Its `webhook-id`. */
  key: string
  /** Where it went, without credentials and query. */
  url: string
  status: number | null
  tookMs: number
}

export interface OnboardingUseCases {
  /** `q` also finds event ids. Newest first; within one state: last changed first. @throws UsageError for a foreign cursor */
  listOnboardings(query: Omit<OnboardingQuery, 'alsoIdentityIds'>): Promise<Page<OnboardingView>>
  /** By its identity's id, or by its ref_id. */
  getOnboarding(id: string): Promise<OnboardingStory | null>
  /** Safe to repeat with the same key. @throws AppError */
  createOnboarding(order: Omit<CreateOrder, 'requestedBy'>, actor: Actor): Promise<CreatedOnboarding>
  /** The progress of a command; null if there is none. */
  getCommand(id: string): Promise<Command | null>
}

/** Filters of a list of events, the same on all faces. */
export interface EventFilters extends Omit<EventQuery, 'causeIds' | 'errorCode'> {
  /** Why they failed: the id of an issue, or the code of the failure. */
  cause?: string | undefined
  /** What failed: the kind of an effect, such as send-notification. */
  step?: string | undefined
}

export interface EventUseCases {
  /** Last received first. @throws UsageError for a foreign cursor */
  listEvents(query: EventFilters): Promise<Page<EventView>>
  getEvent(eventId: string): Promise<EventStory | null>
  /** Evidence of deliveries, newest first: samples of refused deliveries, and bodies of accepted ones whose event is not confirmed. */
  listDeliverySamples(query: { eventId?: string | undefined; refused?: boolean | undefined; limit: number }): Promise<DeliverySample[]>
  /** Dismisses a parked or dead event that cannot succeed. Safe to repeat. Null: never received. @throws EventStateError */
  dismissEvent(eventId: string, why: { reason: string }, actor: Actor): Promise<EventStory | null>
  /** Restores a dismissed event to its earlier state. Null: never received. @throws EventStateError */
  undismissEvent(eventId: string, why: { reason: string }, actor: Actor): Promise<EventStory | null>
}

export interface ReplayUseCases {
  /** Last planned first. @throws UsageError for a foreign cursor */
  listReplays(query: { cursor?: string | undefined; limit: number }): Promise<Page<ReplayLine>>
  getReplay(id: string): Promise<ReplayStory | null>
  /** In the order of receiving. @throws UsageError for a foreign cursor or an unknown replay */
  listReplayItems(id: string, query: { cursor?: string | undefined; limit: number }): Promise<Page<ReplayItem>>
  /** Returns within `waitMs`; the plan may still be `planning`. @throws UsageError */
  planReplay(filter: ReplayFilter, actor: Actor, options?: { waitMs?: number }): Promise<ReplayStory>
  /** Continues a plan that is `planning`, or waits up to `waitMs` for the process that does. */
  continuePlan(id: string, options: { waitMs: number }): Promise<ReplayStory>
  /** Plans the events that failed since this replay was planned, by the same filter. @throws UsageError */
  planNewSince(id: string, actor: Actor, options?: { waitMs?: number }): Promise<ReplayStory>
  /** @throws ReplayStateError, ReplayExpiredError, ReplaySecondPersonError */
  approveReplay(id: string, approval: { reason: string }, actor: Actor): Promise<ReplayStory>
  /** Pauses, resumes, cancels or discards. @throws ReplayStateError */
  steerReplay(id: string, steering: Steering, why: { reason: string }, actor: Actor): Promise<ReplayStory>
}

/** Each rejects with ServiceUnavailableError if the queue does not answer within 10 s. */
export interface QueueUseCases {
  queueStatus(): Promise<QueueStatus>
  pauseQueue(why: { reason: string }, actor: Actor): Promise<QueueStatus>
  resumeQueue(why: { reason: string }, actor: Actor): Promise<QueueStatus>
  rebuildQueue(why: { reason: string }, actor: Actor): Promise<RebuildReport>
}

/** One issue, with its trend and its events. */
export interface IssueStory extends Issue {
  /** Failures in each of the last 24 hours, oldest hour first. */
  readonly byHour: readonly number[]
  /** The newest of its open events. */
  readonly events: readonly EventView[]
}

export interface IssueUseCases {
  /** Failures by cause, most first. By default open and acknowledged issues; else those of one state, or `all`. */
  listIssues(query: { state?: IssueState | 'all' | undefined }): Promise<Issue[]>
  /** Null: no such issue. */
  getIssue(id: string): Promise<IssueStory | null>
  /** `until`: the end of a mute. Null: no such issue. @throws UsageError */
  treatIssue(id: string, verb: IssueVerb, why: { reason: string; until?: Date | undefined }, actor: Actor): Promise<IssueStory | null>
  /** Sets the note and the link of a ticket. An absent field stays, null removes. Null: no such issue. @throws UsageError */
  annotateIssue(id: string, annotation: Annotation, actor: Actor): Promise<IssueStory | null>
}

/**
 * Everything that an operator can read or do. The commands, the HTTP API and the pages share it. This file is long because it is the one contract
 * behind the three faces; each noun's part is an interface of its own.
 */
export interface OperatorUseCases
  extends OnboardingUseCases,
    TradingUseCases,
    EventUseCases,
    ReplayUseCases,
    QueueUseCases,
    FindUseCases,
    IssueUseCases,
    DocumentUseCases,
    AccountUseCases,
    ChangeUseCases,
    DuplicateUseCases,
    MemberUseCases,
    ProofUseCases,
    ReconciliationUseCases,
    KeyUseCases,
    VaultUseCases,
    AlertUseCases,
    ClockUseCases,
    ErasureUseCases,
    OperatorAccessUseCases,
    DriftUseCases,
    DossierUseCases,
    ExportUseCases,
    ImportUseCases,
    SignOnUseCases,
    SessionUseCases {
  /** The home page: problems, progress, longest waits. */
  home(): Promise<Home>
  /** Customers that Paxos approved and that are not ready, longest wait first. */
  longestApproved(limit: number): Promise<OnboardingView[]>
  /** @throws UsageError without an address; AppError if the application refuses it or does not answer */
  testNotice(actor: Actor): Promise<TestNoticeResult>
  stats(): Promise<Stats>
  /** Checks everything that Gatehouse depends on. A failed check does not hide the others. */
  diagnose(): Promise<Finding[]>
  verifyLedger(options: { identityId?: string | undefined }): Promise<LedgerReport>
  /** Newest first. @throws UsageError for a foreign cursor */
  listAudit(query: AuditFilter & { cursor?: string | undefined; limit: number }): Promise<Page<AuditEntry>>
  /** The whole chain, or only its `last` entries. */
  verifyAudit(options?: { last?: number }): Promise<AuditReport>
}
