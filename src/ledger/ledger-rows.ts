import type { Attempt, Effect, Snapshot } from '../domain/effect.ts'
import type { Bookkeeping, Change, Completion, Stored } from './change.ts'
import { type RowColumn, rowColumn, type StreamColumn, type StreamTable } from './stream-table.ts'

/** A change with its entries numbered and linked. */
export interface Chained<S extends Snapshot> {
  change: Change<S>
  streamId: string
  /** The values of the stream's own columns. */
  values: readonly (string | number | boolean | null)[]
  /** The snapshot after the commit. */
  after: Stored<S>
  entries: readonly ChainedEntry[]
}

interface ChainedEntry {
  streamId: string
  actor: string
  at: number
  entryNo: number
  kind: string
  data: object
  previous: Buffer
  hash: Buffer
}

interface TouchedEffect {
  streamId: string
  effect: Effect
  /** The stream has no effect with this step yet. */
  fresh: boolean
}

interface KeptAttempt extends Attempt {
  streamId: string
}

interface CompletedEvent extends Completion {
  streamId: string
  identityId: string | null
}

/** Columns that every stream has, declared once for all kinds. */
const BOOKKEEPING: readonly RowColumn<{ change: { at: Date }; after: Bookkeeping }>[] = [
  rowColumn('version', 'integer', ({ after }) => after.version),
  rowColumn('entry_count', 'integer', ({ after }) => after.entryCount),
  rowColumn('head_hash', 'bytea', ({ after }) => after.headHash),
  rowColumn('at', 'timestamptz', ({ change }) => change.at.getTime()),
]

export const ENTRY: readonly RowColumn<ChainedEntry>[] = [
  rowColumn('stream_id', 'text', ({ streamId }) => streamId),
  rowColumn('entry_no', 'integer', ({ entryNo }) => entryNo),
  rowColumn('at', 'timestamptz', ({ at }) => at),
  rowColumn('kind', 'text', ({ kind }) => kind),
  rowColumn('actor', 'text', ({ actor }) => actor),
  rowColumn('data', 'text', ({ data }) => JSON.stringify(data)),
  rowColumn('prev_hash', 'bytea', ({ previous }) => previous),
  rowColumn('hash', 'bytea', ({ hash }) => hash),
]

export const EFFECT: readonly RowColumn<TouchedEffect>[] = [
  rowColumn('stream_id', 'text', ({ streamId }) => streamId),
  rowColumn('step', 'text', ({ effect }) => effect.step),
  rowColumn('kind', 'text', ({ effect }) => effect.kind),
  rowColumn('name', 'text', ({ effect }) => effect.name),
  rowColumn('number', 'integer', ({ effect }) => effect.number),
  rowColumn('key', 'text', ({ effect }) => effect.key),
  rowColumn('state', 'text', ({ effect }) => effect.state),
  rowColumn('attempts', 'integer', ({ effect }) => effect.attempts),
  rowColumn('intended_at', 'timestamptz', ({ effect }) => effect.intendedAt),
  rowColumn('lease_seq', 'bigint', ({ effect }) => effect.lease?.seq ?? null),
  rowColumn('lease_generation', 'integer', ({ effect }) => effect.lease?.generation ?? null),
  rowColumn('lease_until', 'timestamptz', ({ effect }) => effect.lease?.until ?? null),
  rowColumn('receipt', 'text', ({ effect }) => effect.receipt && JSON.stringify(effect.receipt)),
  rowColumn('error_code', 'text', ({ effect }) => effect.errorCode),
  rowColumn('fresh', 'boolean', ({ fresh }) => fresh),
]

export const ATTEMPT: readonly RowColumn<KeptAttempt>[] = [
  rowColumn('stream_id', 'text', ({ streamId }) => streamId),
  rowColumn('step', 'text', ({ step }) => step),
  rowColumn('attempt_no', 'integer', ({ number }) => number),
  rowColumn('at', 'timestamptz', ({ at }) => at),
  rowColumn('operation', 'text', ({ operation }) => operation),
  rowColumn('status', 'integer', ({ status }) => status),
  rowColumn('code', 'text', ({ code }) => code),
  rowColumn('problem_type', 'text', ({ problemType }) => problemType),
  rowColumn('duration_ms', 'integer', ({ durationMs }) => durationMs),
  rowColumn('detail', 'text', ({ detail }) => detail),
]

export const COMPLETED: readonly RowColumn<CompletedEvent>[] = [
  rowColumn('seq', 'bigint', ({ seq }) => seq),
  rowColumn('generation', 'integer', ({ generation }) => generation),
  rowColumn('outcome', 'text', ({ outcome }) => outcome),
  rowColumn('identity_id', 'text', ({ identityId }) => identityId),
  rowColumn('stream_id', 'text', ({ streamId }) => streamId),
]

/** The parameters of `commitStatement`, in its order. */
export function commitValues<S extends Snapshot>(table: StreamTable<S>, chained: readonly Chained<S>[]): Buffer[] {
  const attempts = chained.flatMap(({ streamId, change }) => change.draft.attempted.map((attempt) => ({ ...attempt, streamId })))
  return [
    ...parameters(stateColumns(table), chained),
    ...parameters(
      ENTRY,
      chained.flatMap(({ entries }) => entries),
    ),
    ...parameters(EFFECT, chained.flatMap(touchedEffects)),
    ...parameters(ATTEMPT, attempts),
    ...parameters(
      COMPLETED,
      chained.flatMap((each) => completedEvent(table, each)),
    ),
  ]
}

/** The stream's own columns, then those that every stream has. */
export function stateColumns<S extends Snapshot>(table: StreamTable<S>): readonly RowColumn<Chained<S>>[] {
  const own = table.columns.map(
    ({ name, type }: StreamColumn<never>, index) =>
      rowColumn<Chained<S>, 'text'>(name, type as 'text', ({ values }) => (values[index] ?? null) as string | null), // `write` returns what the type takes
  )
  return [...own, ...BOOKKEEPING]
}

function parameters<Row>(columns: readonly RowColumn<Row>[], rows: readonly Row[]): Buffer[] {
  return columns.map(({ parameter }) => parameter(rows))
}

/** Only the effects that the change touched: most effects of an old stream have ended and stay unchanged. */
function touchedEffects<S extends Snapshot>({ change: { before }, streamId, after }: Chained<S>): TouchedEffect[] {
  return after.effects
    .filter((effect) => !before?.effects.includes(effect))
    .map((effect) => ({ streamId, effect, fresh: !before?.effects.some(({ step }) => step === effect.step) }))
}

function completedEvent<S extends Snapshot>(
  table: StreamTable<S>,
  { change: { completion }, streamId, after }: Chained<S>,
): CompletedEvent[] {
  return completion ? [{ ...completion, streamId, identityId: table.identityOf(after) }] : []
}
