import type { Draft, Snapshot } from '../domain/effect.ts'
import type { Snapshot as OnboardingSnapshot } from '../domain/onboarding/onboarding.ts'

/** A snapshot as committed, with what the next change must build on. */
export type Stored<S extends Snapshot = OnboardingSnapshot> = S & Bookkeeping

export interface Bookkeeping {
  /** The fence: a change is committed only on the version that it was decided on. */
  readonly version: number
  readonly entryCount: number
  readonly headHash: Buffer
}

/** How the inbox event that led to a change ends (`processed`), in the same commit. */
export interface Completion {
  seq: string
  /** Which opening of it: the end of an earlier one must not swallow what an operator has opened again. */
  generation: number
  /** What became of it, as `outcomeText` writes it. */
  outcome: string
}

export interface Change<S extends Snapshot = OnboardingSnapshot> {
  /** What the draft was decided on; null for a stream that is new. */
  before: Stored<S> | null
  draft: Draft<S>
  /** Who: `event:<id>`, `operator:<name>`, `api`. Stands in every entry of the change. */
  actor: string
  at: Date
  completion?: Completion
}
