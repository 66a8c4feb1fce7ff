import type { Snapshot } from '../domain/effect.ts'
import type { Estimate, EstimateTerms } from '../effects/effect-kind.ts'
import { previewStream } from './preview-stream.ts'
import { runStream } from './run-stream.ts'
import type { Ran, StreamKind, Trigger } from './stream-kind.ts'

/** The parts of a trigger that do not depend on the kind of stream. */
export interface WorkTerms extends Omit<Trigger<unknown>, 'streamId' | 'observe'> {
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** The work of an event, with its kind of stream bound: to run or to preview. */
export interface StreamWork {
  /** The identity of the event; null: none. */
  readonly identityId: string | null
  run(terms: WorkTerms): Promise<Ran>
  preview(terms: WorkTerms & EstimateTerms): Promise<Estimate>
}

export function streamWork<S extends Snapshot, Seen>(
  kind: StreamKind<S, Seen>,
  { identityId, ...about }: Pick<Trigger<Seen>, 'streamId' | 'observe'> & { identityId: string | null },
): StreamWork {
  return {
    identityId,
    run: ({ now, ...terms }) => runStream(kind, { ...terms, ...about }, { now }),
    preview: ({ now, thorough, failure, ...terms }) => previewStream(kind, { ...terms, ...about }, { now, thorough, failure }),
  }
}
