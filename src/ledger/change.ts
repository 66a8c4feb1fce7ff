import type { Draft, Snapshot } from '../domain/effect.ts'
import type { Snapshot as OnboardingSnapshot } from '../domain/onboarding/onboarding.ts'

/** A committed snapshot, with the bookkeeping that the next change builds on. */
export type Stored<S extends Snapshot = OnboardingSnapshot> = S & Bookkeeping

export interface Bookkeeping {
  /** The fence: a change is committed only on the version that it was decided on. */
  readonly version: number
  readonly entryCount: number
  readonly headHash: Buffer
}

/** The end (`processed`) of the inbox event that led to a change, in the same commit. */
export interface Completion {
  seq: string
  /** Its generation: the end of an earlier one must not close an event that an operator has opened again. */
  generation: number
  /** Its outcome, as `outcomeText` writes it. */
  outcome: string
}

export interface Change<S extends Snapshot = OnboardingSnapshot> {
  /** The snapshot that the draft was decided on; null for a new stream. */
  before: Stored<S> | null
  draft: Draft<S>
  /** Who acts: `event:<id>`, `operator:<name>`, `api`. Each entry of the change names it. */
  actor: string
  at: Date
  completion?: Completion
}
