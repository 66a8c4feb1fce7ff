import type { Effect } from '../domain/onboarding/onboarding.ts'
import { type Column, column, columnParameters, ELEMENT } from '../platform/postgres/array-parameter.ts'
import type { Change, Settlement, Stored } from './change.ts'

/** A change with its entries numbered and linked. */
export interface Chained {
  change: Change
  /** The snapshot as it stands once the change is committed. */
  after: Stored
  entries: readonly ChainedEntry[]
}

interface ChainedEntry {
  change: Change
  entryNo: number
  kind: string
  data: object
  previous: Buffer
  hash: Buffer
}

interface TouchedEffect {
  identityId: string
  effect: Effect
  /** Nothing is there under its step. */
  fresh: boolean
}

interface SettledEvent extends Settlement {
  identityId: string
}

const ONBOARDING: readonly Column<Chained>[] = [
  column(ELEMENT.uuid, ({ after }) => after.onboarding.identityId),
  column(ELEMENT.text, ({ after }) => after.onboarding.refId),
  column(ELEMENT.text, ({ after }) => after.onboarding.origin),
  column(ELEMENT.text, ({ after }) => after.onboarding.state),
  column(ELEMENT.text, ({ after }) => after.onboarding.heldFrom),
  column(ELEMENT.text, ({ after }) => after.onboarding.heldReason),
  column(ELEMENT.text, ({ after }) => after.onboarding.identityStatus),
  column(ELEMENT.text, ({ after }) => arrayLiteral(after.onboarding.requiredDocuments)),
  column(ELEMENT.uuid, ({ after }) => after.onboarding.accountId),
  column(ELEMENT.uuid, ({ after }) => after.onboarding.profileId),
  column(ELEMENT.integer, ({ after }) => after.version),
  column(ELEMENT.integer, ({ after }) => after.entryCount),
  column(ELEMENT.bytea, ({ after }) => after.headHash),
  column(ELEMENT.timestamptz, ({ change }) => change.at.getTime()),
]

const ENTRY: readonly Column<ChainedEntry>[] = [
  column(ELEMENT.uuid, ({ change }) => change.draft.onboarding.identityId),
  column(ELEMENT.integer, ({ entryNo }) => entryNo),
  column(ELEMENT.timestamptz, ({ change }) => change.at.getTime()),
  column(ELEMENT.text, ({ kind }) => kind),
  column(ELEMENT.text, ({ change }) => change.actor),
  column(ELEMENT.text, ({ data }) => JSON.stringify(data)),
  column(ELEMENT.bytea, ({ previous }) => previous),
  column(ELEMENT.bytea, ({ hash }) => hash),
]

const EFFECT: readonly Column<TouchedEffect>[] = [
  column(ELEMENT.uuid, ({ identityId }) => identityId),
  column(ELEMENT.text, ({ effect }) => effect.step),
  column(ELEMENT.text, ({ effect }) => effect.kind),
  column(ELEMENT.text, ({ effect }) => effect.key),
  column(ELEMENT.text, ({ effect }) => effect.state),
  column(ELEMENT.integer, ({ effect }) => effect.attempts),
  column(ELEMENT.timestamptz, ({ effect }) => effect.intendedAt),
  column(ELEMENT.bigint, ({ effect }) => effect.leaseBy),
  column(ELEMENT.timestamptz, ({ effect }) => effect.leaseUntil),
  column(ELEMENT.text, ({ effect }) => effect.receipt && JSON.stringify(effect.receipt)),
  column(ELEMENT.text, ({ effect }) => effect.errorCode),
  column(ELEMENT.boolean, ({ fresh }) => fresh),
]

const SETTLED: readonly Column<SettledEvent>[] = [
  column(ELEMENT.bigint, ({ seq }) => seq),
  column(ELEMENT.integer, ({ generation }) => generation),
  column(ELEMENT.text, ({ outcome }) => outcome),
  column(ELEMENT.uuid, ({ identityId }) => identityId),
]

/** What `COMMIT_CHANGES` takes, in its order. */
export function commitValues(chained: readonly Chained[]): Buffer[] {
  return [
    ...columnParameters(ONBOARDING, chained),
    ...columnParameters(
      ENTRY,
      chained.flatMap(({ entries }) => entries),
    ),
    ...columnParameters(EFFECT, chained.flatMap(touchedEffects)),
    ...columnParameters(SETTLED, chained.flatMap(settledEvent)),
  ]
}

/** Only the effects that the change touched: most of an old onboarding's are settled and stay as they are. */
function touchedEffects({ change: { before }, after }: Chained): TouchedEffect[] {
  const { identityId } = after.onboarding
  return after.effects
    .filter((effect) => !before?.effects.includes(effect))
    .map((effect) => ({ identityId, effect, fresh: !before?.effects.some(({ step }) => step === effect.step) }))
}

function settledEvent({ change: { settlement }, after }: Chained): SettledEvent[] {
  return settlement ? [{ ...settlement, identityId: after.onboarding.identityId }] : []
}

/** As Postgres writes an array of text: an array of arrays would have to be of one length. */
function arrayLiteral(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`
}
