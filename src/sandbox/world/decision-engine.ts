import type { SandboxSettings } from '../control/sandbox-settings.ts'
import type { StoryLog } from '../control/story-log.ts'
import { chooseDecision, type Decision, decisionInName } from './decision.ts'
import type { DOCUMENT_TYPES } from './document-types.ts'
import type { EventStore } from './event-store.ts'
import { type Identity, type IdentityChecks, type IdentityStatus, missingDocuments, summaryStatus } from './identity.ts'
import type { IdentityControl } from './identity-control.ts'
import type { NanoClock } from './nano-clock.ts'
import type { SeededRandom } from './seeded-random.ts'

/** Paxos has no event for ERROR and none for a return to PENDING (paxos/api.md 2.7). */
const STATUS_EVENTS: Readonly<Partial<Record<IdentityStatus, string>>> = {
  APPROVED: 'identity.approved',
  DENIED: 'identity.denied',
  DISABLED: 'identity.disabled',
}

const ALL_CLEAR: IdentityChecks = {
  id_verification_status: 'APPROVED',
  sanctions_verification_status: 'APPROVED',
  additional_screening_status: 'APPROVED',
  document_verification_status: 'APPROVED',
}

/** Documents that EDD asks for by default. */
const USUAL_DOCUMENTS = ['PROOF_OF_RESIDENCY', 'PROOF_OF_FUNDS'] satisfies (typeof DOCUMENT_TYPES)[number][]

/** What a control call may decide at once: a decision, or a switch of Paxos's own. */
export const VERDICTS = [
  'approve',
  'deny',
  'error',
  'documents',
  'documents-then-approve',
  'documents-then-deny',
  'disable',
  'enable',
] as const
export type Verdict = (typeof VERDICTS)[number]

/** Moves identities through their statuses, after a delay or on command, and emits the event of each move. */
export class DecisionEngine {
  #settings: SandboxSettings
  #random: SeededRandom
  #clock: NanoClock
  #story: StoryLog
  #events: EventStore
  #timers = new Map<string, NodeJS.Timeout>()
  #nextControl = 1
  #lagging = new Set<NodeJS.Timeout>()

  constructor(options: { settings: SandboxSettings; random: SeededRandom; clock: NanoClock; story: StoryLog; events: EventStore }) {
    this.#settings = options.settings
    this.#random = options.random
    this.#clock = options.clock
    this.#story = options.story
    this.#events = options.events
  }

  /** Schedules the decision on a new identity, by its `metadata.sandbox_decision` or the default policy. */
  begin(identity: Identity): void {
    const decision = this.#decisionFor(identity)
    if (decision !== 'never') this.#later(identity, () => this.#carryOut(identity, decision))
  }

  /** Decides now and cancels a scheduled decision. */
  decide(identity: Identity, verdict: Verdict, { documents = USUAL_DOCUMENTS }: { documents?: readonly string[] } = {}): void {
    this.#cancel(identity)
    switch (verdict) {
      case 'approve':
        identity.checks = { ...ALL_CLEAR }
        identity.frozen = false
        identity.requiredDocuments = []
        break
      case 'deny':
        identity.checks = { ...identity.checks, sanctions_verification_status: 'DENIED' }
        identity.frozen = false
        identity.requiredDocuments = []
        break
      case 'error':
        identity.frozen = true
        break
      case 'disable':
        identity.adminDisabled = this.#disablement(identity, 'admin')
        break
      case 'enable':
        identity.adminDisabled = null
        identity.userDisabled = null
        break
      default:
        identity.requiredDocuments = documents
        identity.afterDocuments = verdict === 'documents-then-deny' ? 'deny' : 'approve'
        this.#events.emit({ type: 'identity.documents_required', object: { required_documents: documents }, identityId: identity.id })
    }
    this.settle(identity)
  }

  /** Sandbox-status: sets single checks and switches. Two cleared checks let a person transact, also while EDD waits (paxos/api.md 4.9). */
  set(
    identity: Identity,
    change: { checks?: Partial<IdentityChecks>; userDisabled?: boolean | undefined; adminDisabled?: boolean | undefined },
  ): void {
    const { checks = {}, userDisabled, adminDisabled } = change
    identity.checks = { ...identity.checks, ...checks }
    if (checks.sanctions_verification_status === 'APPROVED') identity.requiredDocuments = []
    if (userDisabled !== undefined) identity.userDisabled = userDisabled ? this.#disablement(identity, 'user') : null
    if (adminDisabled !== undefined) identity.adminDisabled = adminDisabled ? this.#disablement(identity, 'admin') : null
    if (this.settle(identity)) this.#cancel(identity)
  }

  /** As `set`, after `ms` milliseconds: Paxos does not document how soon the sandbox's switch shows (paxos/api.md 4.9). */
  setLater(identity: Identity, change: Parameters<DecisionEngine['set']>[1], ms: number): void {
    const timer = setTimeout(() => {
      this.#lagging.delete(timer)
      this.set(identity, change)
    }, ms)
    this.#lagging.add(timer)
  }

  /** Adds a control, as over the API. The status follows at once, and events tell of both. */
  addControl(identity: Identity, wanted: Pick<IdentityControl, 'type' | 'setBy' | 'reasonCode' | 'reason'>): IdentityControl {
    const id = this.#random.uuid('control', identity.id, 'api', identity.controls.length)
    const control: IdentityControl = { ...wanted, id, createdAtNs: this.#clock.next(1000n), deletedAtNs: null }
    identity.controls = [...identity.controls, control]
    this.#tellControl(identity, control, 'created')
    this.settle(identity)
    return control
  }

  /** Removes a control. The status follows: typically APPROVED again. */
  deleteControl(identity: Identity, control: IdentityControl): void {
    control.deletedAtNs = this.#clock.next(1000n)
    this.#tellControl(identity, control, 'deleted')
    this.settle(identity)
  }

  /** Call when a document's bytes have arrived: the last requested one starts the decision. */
  documentArrived(identity: Identity): void {
    const { afterDocuments } = identity
    if (identity.requiredDocuments.length === 0 || missingDocuments(identity).length > 0 || afterDocuments === null) return
    identity.afterDocuments = null
    this.#later(identity, () => this.decide(identity, afterDocuments))
  }

  /** Recomputes the status and emits an event for a change. Returns whether it changed. */
  settle(identity: Identity, { deliver = true }: { deliver?: boolean } = {}): boolean {
    const from = identity.status
    const to = summaryStatus(identity)
    identity.updatedAtNs = this.#clock.next(1000n)
    if (to === from) return false
    identity.status = to
    this.#story.tell({ kind: 'status-changed', identityId: identity.id, from, to })
    const type = STATUS_EVENTS[to]
    const object = { old_summary_status: from, new_summary_status: to }
    if (type) this.#events.emit({ type, object, identityId: identity.id, deliver })
    return true
  }

  /** Resumes an identity of an earlier run that waits for its decision. */
  resume(identity: Identity): void {
    if (identity.status !== 'PENDING') return
    if (identity.requiredDocuments.length === 0) this.begin(identity)
    else if (missingDocuments(identity).length === 0)
      this.#later(identity, () => this.decide(identity, identity.afterDocuments ?? 'approve'))
  }

  /** Cancels scheduled decisions. */
  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
    for (const timer of this.#lagging) clearTimeout(timer)
    this.#lagging.clear()
    this.#nextControl = 1
  }

  #decisionFor({ id, type, metadata, details }: Identity): Decision {
    // An institution waits until a person has verified its documents, also in Paxos's sandbox (paxos/api.md 4.5).
    const policy =
      (metadata.sandbox_decision as Decision | undefined) ??
      decisionInName(details) ??
      (type === 'PERSON' ? this.#settings.defaultDecision : 'never')
    return chooseDecision(policy, this.#random.fraction('decision', id))
  }

  #carryOut(identity: Identity, decision: Exclude<Decision, 'never'>): void {
    if (decision === 'approve-then-disable') {
      this.decide(identity, 'approve')
      this.#later(identity, () => this.decide(identity, 'disable'))
    } else if (decision === 'approve' && identity.checks.id_verification_status === 'DENIED') {
      this.settle(identity) // the client's own verifier refused: a denial (paxos/api.md 4.8)
    } else this.decide(identity, decision)
  }

  #later(identity: Identity, act: () => void): void {
    this.#cancel(identity)
    const subject = ['delay', identity.id, identity.status, identity.requiredDocuments.length]
    const delayMs = this.#settings.decisionDelayMs * (0.5 + this.#random.fraction(...subject))
    const timer = setTimeout(() => {
      this.#timers.delete(identity.id)
      act()
    }, delayMs)
    this.#timers.set(identity.id, timer)
  }

  #tellControl({ id }: Identity, control: IdentityControl, what: 'created' | 'deleted'): void {
    const { type, setBy, reasonCode } = control
    const object = {
      control_id: control.id,
      control_type: type,
      set_by: setBy,
      is_overridable: setBy === 'CLIENT',
      reason_code: reasonCode,
    }
    this.#events.emit({ type: `identity.control.${what}`, object, identityId: id })
  }

  #cancel({ id }: Identity): void {
    clearTimeout(this.#timers.get(id))
    this.#timers.delete(id)
  }

  #disablement({ id }: Identity, by: 'user' | 'admin'): { controlId: string; sinceNs: bigint } {
    const sinceNs = this.#clock.next(1000n)
    return { controlId: this.#random.uuid('control', id, by, this.#nextControl++), sinceNs }
  }
}
