/**
 * What a stream does outside, at most once per key: first the intent, then attempts, then the receipt. This file knows no kind of
 * effect and no kind of stream.
 *
 * - `intended`: requested. With `attempts` > 0 the outcome of the last attempt is unknown. In: a decision, or a replay of a refused effect.
 *   Out: the worker, when it has an answer, or when the state no longer needs the effect.
 * - `done`: there is a receipt; final. In: the worker, with the other side's answer. Out: never.
 * - `suppressed`: no longer needed before it was known to have happened. In: the worker. Out: only an account that is requested again.
 * - `refused`: the other side refused it. In: the worker. Out: an operator's replay, to `intended` under the same key.
 */
export const EFFECT_STATES = ['intended', 'done', 'suppressed', 'refused'] as const
export type EffectState = (typeof EFFECT_STATES)[number]

/** Identifies an effect within its stream. */
export interface EffectId {
  /** `create-account`, `send-notification`, `place-order`. */
  readonly kind: string
  /** Tells effects of one kind apart: the notification's name. Null for kinds without variants. */
  readonly name: string | null
  /** Its number among effects of this kind and name in the stream, from 1. */
  readonly number: number
}

export interface Effect extends EffectId {
  /** The id as one text, unique within the stream, for the ledger's entries. It is made from the id and never parsed. */
  readonly step: string
  /** The idempotency key for the other side. It is the same for every attempt, also after a restore from backup. */
  readonly key: string
  readonly state: EffectState
  readonly attempts: number
  /** When it was first committed, milliseconds since 1970; null before that. Every attempt of a notification names this time. */
  readonly intendedAt: number | null
  readonly lease: Lease | null
  readonly receipt: Receipt | null
  /** Code of the refusal. */
  readonly errorCode: string | null
}

/**
 * How long a job owns its attempt, milliseconds: longer than a call may take (its timeout, a retry after 401, three reads for the profile).
 */
export const LEASE_MS = 45_000

/** The job that holds the attempt: an inbox event and its generation. */
export interface LeaseHolder {
  /** bigint as text. */
  readonly seq: string
  readonly generation: number
}

export interface Lease extends LeaseHolder {
  /** Milliseconds since 1970. */
  readonly until: number
}

/** The other side's answer: ids, codes and amounts as texts. Each kind of effect has its own form, with its own `kind`. */
export interface Receipt {
  readonly kind: string
  readonly [field: string]: string | number | boolean | null
}

/** An entry for the ledger. The store adds its number and its link in the chain. */
export interface Entry {
  readonly kind: string
  /** Ids, states and codes only: never personal data. */
  readonly data: EntryData
}

export type EntryData = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

/** Entries of effects of any kind. Streams add entries of their own. */
export type EffectEntry =
  | { readonly kind: 'effect.intended'; readonly data: { readonly step: string; readonly key: string } }
  | { readonly kind: 'effect.done'; readonly data: { readonly step: string; readonly key: string } & EntryData }
  | {
      readonly kind: 'effect.suppressed'
      readonly data: { readonly step: string; readonly key: string; readonly mayHaveBeenSent: boolean }
    }
  | { readonly kind: 'effect.refused'; readonly data: { readonly step: string; readonly key: string; readonly code: string } }

/** The recorded end of one attempt. It has no text of the other side, which may name a person. */
export interface Attempt {
  readonly step: string
  /** Number of the attempt within its effect, from 1. */
  readonly number: number
  /** When it began, milliseconds since 1970. */
  readonly at: number
  readonly durationMs: number
  /** `accounts.create`, `webhook`; null: unknown. */
  readonly operation: string | null
  /** The HTTP status; null: no answer. */
  readonly status: number | null
  /** Our code of the failure; null: success. */
  readonly code: string | null
  /** The problem's type URI, as Paxos sent it. */
  readonly problemType: string | null
  /** Known words only. */
  readonly detail: string | null
}

/** A stream with its effects: the basis of decisions. Each kind of stream adds its own state. */
export interface Snapshot {
  readonly effects: readonly Effect[]
}

/** The result of a step: the next snapshot, its entries for the ledger, and attempts to record. Nothing is committed yet. */
export type Draft<S extends Snapshot> = S & {
  readonly entries: readonly Entry[]
  readonly attempted: readonly Attempt[]
}

/** A new effect of a stream. Step and key follow from its id and its stream alone, so a restored database uses the same key. */
export function intendedEffect(streamId: string, { kind, name = null, number = 1 }: Partial<EffectId> & Pick<EffectId, 'kind'>): Effect {
  const step = `${kind}${name === null ? '' : `:${name}`}${number > 1 ? `:${number}` : ''}`
  return newEffect({ kind, name, number }, { step, key: `gatehouse-${step.replaceAll(':', '.')}-${streamId}` })
}

/** Likewise for the two kinds with a step and key that are older than the rule above. */
export function newEffect(id: EffectId, texts: Pick<Effect, 'step' | 'key'>): Effect {
  return { ...id, ...texts, state: 'intended', attempts: 0, intendedAt: null, lease: null, receipt: null, errorCode: null }
}

/** The effects of one kind, and of one name if given. */
export function effectsOf({ effects }: Snapshot, kind: string, name?: string): Effect[] {
  return effects.filter((effect) => effect.kind === kind && (name === undefined || effect.name === name))
}

/** Whether the effect is intended or refused. */
export function isOpen({ state }: Effect): boolean {
  return state === 'intended' || state === 'refused'
}

/** Adds an effect. A suppressed or refused one is intended again, under the same key. */
export function intend<S extends Snapshot>(draft: Draft<S>, effect: Effect): Draft<S> {
  const known = draft.effects.find(({ step }) => step === effect.step)
  if (known?.state === 'intended' || known?.state === 'done') return draft
  const wanted = known ? { ...known, state: 'intended' as const, errorCode: null } : effect
  return withEffect(draft, wanted, { kind: 'effect.intended', data: { step: wanted.step, key: wanted.key } })
}

/** Intends refused effects again, under the same key, since an operator asked for another try (replay). */
export function reopenRefused<S extends Snapshot>(draft: Draft<S>): Draft<S> {
  if (!draft.effects.some(({ state }) => state === 'refused')) return draft
  const effects = draft.effects.map((effect) =>
    effect.state === 'refused' ? { ...effect, state: 'intended' as const, errorCode: null } : effect,
  )
  return { ...draft, effects }
}

/** Records the first receipt of an effect. @throws Error when the stream has no such effect: a fault of ours */
export function recordReceipt<S extends Snapshot>(draft: Draft<S>, step: string, receipt: Receipt): Draft<S> {
  const effect = effectAt(draft, step)
  const done: Effect = { ...effect, state: 'done', receipt, lease: null, errorCode: null }
  const { kind: _, ...said } = receipt
  return withEffect(draft, done, { kind: 'effect.done', data: { step, key: effect.key, ...said } })
}

/** Records a final refusal by the other side: the effect waits for a person, with the code of the refusal. */
export function recordRefusal<S extends Snapshot>(draft: Draft<S>, step: string, code: string): Draft<S> {
  const effect = draft.effects.find((candidate) => candidate.step === step)
  if (effect?.state !== 'intended') return draft
  const refused: Effect = { ...effect, state: 'refused', lease: null, errorCode: code }
  return withEffect(draft, refused, { kind: 'effect.refused', data: { step, key: effect.key, code } })
}

/** Records that a look-up did not find the effect. A state that wants it again intends it again, under the same key. */
export function recordAbsence<S extends Snapshot>(draft: Draft<S>, step: string): Draft<S> {
  const effect = draft.effects.find((candidate) => candidate.step === step)
  return effect?.state === 'intended' ? suppress(draft, effect, { mayHaveBeenSent: false }) : draft
}

/** Suppresses open effects that are no longer true. The ledger says of each whether it may have been sent. */
export function suppressAll<S extends Snapshot>(draft: Draft<S>, superseded: readonly Effect[]): Draft<S> {
  return superseded.reduce((next, effect) => suppress(next, effect, { mayHaveBeenSent: effect.attempts > 0 }), draft)
}

function suppress<S extends Snapshot>(draft: Draft<S>, effect: Effect, { mayHaveBeenSent }: { mayHaveBeenSent: boolean }): Draft<S> {
  const { step, key } = effect
  // An attempt that may be in progress keeps its lease: a state that wants the effect again waits for it.
  const given: Effect = { ...effect, state: 'suppressed', lease: mayHaveBeenSent ? effect.lease : null }
  return withEffect(draft, given, { kind: 'effect.suppressed', data: { step, key, mayHaveBeenSent } })
}

/** Marks an attempt before it is made. After a crash the next worker then knows that the outcome is unknown. */
export function markAttempt<S extends Snapshot>(draft: Draft<S>, effect: Effect, lease: Lease): Draft<S> {
  return { ...draft, effects: replace(draft.effects, { ...effect, attempts: effect.attempts + 1, lease, errorCode: null }) }
}

/** When the last attempt began, milliseconds since 1970; null: no attempt is in progress or lost. */
export function attemptedAtMs({ lease }: Effect): number | null {
  return lease && lease.until - LEASE_MS
}

/** The valid lease of another job; null: this job may act. A job takes over its own attempt at once: its predecessor is dead. */
export function heldByAnother({ lease }: Effect, by: LeaseHolder, now: number): Lease | null {
  if (lease === null || lease.until <= now) return null
  return lease.seq === by.seq && lease.generation === by.generation ? null : lease
}

/** @throws Error when the stream has no such effect: a fault of ours */
export function effectAt({ effects }: Snapshot, step: string): Effect {
  const effect = effects.find((candidate) => candidate.step === step)
  if (!effect) throw new Error(`the stream has no effect ${step}`)
  return effect
}

function withEffect<S extends Snapshot>(draft: Draft<S>, effect: Effect, entry: EffectEntry): Draft<S> {
  return { ...draft, effects: replace(draft.effects, effect), entries: [...draft.entries, entry] }
}

function replace(effects: readonly Effect[], effect: Effect): Effect[] {
  return [...effects.filter(({ step }) => step !== effect.step), effect]
}
