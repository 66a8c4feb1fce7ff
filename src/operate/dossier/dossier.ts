import type { ActorKind } from '../../domain/actor.ts'
import type { ReadyDelays } from '../../inbox/read-window.ts'

/** One fact of the timeline. */
export interface DossierLine {
  readonly at: Date
  /** When it ended; null: it is one moment, or it lasts. */
  readonly until: Date | null
  readonly kind: 'problem' | 'outage' | 'pause' | 'key' | 'cause' | 'deliveries' | 'replay' | 'reconciliation' | 'operator'
  readonly text: string
}

/** Failures of one cause. */
export interface DossierFailure {
  /** `attempts`: tries of effects that failed in the window. `events`: events received in the window that have not succeeded. */
  readonly of: 'attempts' | 'events'
  readonly cause: string
  readonly count: number
  /** How many of them, or of their effects, are at which end now. */
  readonly now: string
  readonly firstAt: Date
  readonly lastAt: Date
}

/** How the events that were received in the window ended, as their rows are now. */
export interface DossierRecovery {
  readonly received: number
  /** There are more events than were read. */
  readonly atLeast: boolean
  readonly ways: readonly { readonly way: RecoveryWay; readonly events: number }[]
}

/**
 * - `at-once`: processed within 5 min without a counted retry. A wait for Paxos spends no retry.
 * - `waited`: processed later without a counted retry: an outage, a pause, a rate limit.
 * - `retry`: processed after failed tries.
 * - `reopened`: processed after a later delivery or listing of Paxos opened it again.
 * - `replay`: parked or dead, then processed by an operator's replay.
 * - `reconciliation`: no webhook brought it; a read of List Events did.
 * - `dismissal`: an operator said that it cannot succeed.
 * - `not-recovered`: unfinished, parked or dead.
 */
export type RecoveryWay = 'at-once' | 'waited' | 'retry' | 'reopened' | 'replay' | 'reconciliation' | 'dismissal' | 'not-recovered'

/** One act of a person. Its reason is left out: it may name a customer. */
export interface DossierAct {
  readonly at: Date
  readonly operator: string
  readonly actorKind: ActorKind | null
  readonly action: string
  readonly target: string
}

/** What may still go wrong, and the next action. */
export interface DossierRisk {
  readonly count: number
  readonly sentence: string
  readonly nextAction: string
}

/** What happened in a window, from the rows that exist now. */
export interface Dossier {
  readonly from: Date
  readonly to: Date
  readonly asOf: Date
  readonly timeline: readonly DossierLine[]
  readonly failures: readonly DossierFailure[]
  /** Ids of identities, in their order; at most 10,000. */
  readonly customers: readonly string[]
  /** There are more customers than are listed. */
  readonly moreCustomers: boolean
  /** From the receipt of the deciding event to the notification "ready"; null: no customer became ready. */
  readonly delays: ReadyDelays | null
  readonly recovery: DossierRecovery
  readonly acts: readonly DossierAct[]
  /** There are more acts than are listed. */
  readonly moreActs: boolean
  readonly risks: readonly DossierRisk[]
  /** What the rows cannot tell, and how to learn it. */
  readonly notKnown: readonly string[]
}

export const DOSSIER_FORMATS = ['markdown', 'csv'] as const
export type DossierFormat = (typeof DOSSIER_FORMATS)[number]
