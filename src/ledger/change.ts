import type { Draft } from '../domain/onboarding/advance.ts'
import type { Snapshot } from '../domain/onboarding/onboarding.ts'

/** A snapshot as committed, with what the next change must build on. */
export interface Stored extends Snapshot {
  /** The fence: a change is committed only on the version that it was decided on. */
  readonly version: number
  readonly entryCount: number
  readonly headHash: Buffer
}

/** How the inbox event that led to a change ends (`processed`), in the same commit. */
export interface Settlement {
  seq: string
  /** Which opening of it: the end of an earlier one must not swallow what an operator has opened again. */
  generation: number
  /** What became of it: `moved:ready`, `ignored:already-denied`, `held:approved-after-denied`. */
  outcome: string
}

export interface Change {
  /** What the draft was decided on; null for an identity seen for the first time. */
  before: Stored | null
  draft: Draft
  /** Who: `event:<uuid>`, `operator:<name>`, `api`. Stands in every entry of the change. */
  actor: string
  at: Date
  settlement?: Settlement
}
