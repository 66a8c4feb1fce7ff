/**
 * What a stream wants to happen outside, at most once per key: first the intent, then attempts, then the receipt. This file knows no kind of
 * effect and no kind of stream.
 *
 * - `intended`: wanted. With `attempts` > 0 the outcome of the last attempt is unknown. In: a decision, or a replay of a refused effect.
 *   Out: the worker, when it has an answer, or when the state no longer wants the effect.
 * - `done`: there is a receipt; final. In: the worker, with the other side's answer. Out: never.
 * - `suppressed`: no longer wanted before it was known to have happened. In: the worker. Out: only an account that is wanted again.
 * - `refused`: the other side said no. In: the worker. Out: an operator's replay, to `intended` under the same key.
 */
export const EFFECT_STATES = ['intended', 'done', 'suppressed', 'refused'] as const
export type EffectState = (typeof EFFECT_STATES)[number]

/** Which effect of its stream. */
export interface EffectId {
  /** `create-account`, `send-notification`, `place-order`. */
  readonly kind: string
  /** What tells several of a kind apart: which notification; null where the kind has no variants. */
  readonly name: string | null
  /** The how-manieth of its kind and name in this stream, from 1. */
  readonly number: number
}

export interface Effect extends EffectId {
  /** The id as one text: unique within the stream, and what the ledger's entries say. Made from the id, never read back into one. */
  readonly step: string
  /** The idempotency key towards the other side; the same for every attempt, now and after a restore from backup. */
  readonly key: string
  readonly state: EffectState
  readonly attempts: number
  /** When it was first committed (milliseconds since 1970), null before that: what a notification says as its time, at every attempt. */
  readonly intendedAt: number | null
  readonly lease: Lease | null
  readonly receipt: Receipt | null
  /** The code of the refusal. */
  readonly errorCode: string | null
}

/** How long an attempt is its job's alone, milliseconds: longer than a call may take (its timeout, a retry after 401, three reads for the profile). */
export const LEASE_MS = 45_000

/** The job that holds the attempt: an inbox event, and which opening of it. */
export interface LeaseHolder {
  /** bigint as text. */
  readonly seq: string
  readonly generation: number
}

export interface Lease extends LeaseHolder {
  /** Milliseconds since 1970. */
  readonly until: number
}

/** The other side's answer: ids, codes and amounts as texts. Each kind of effect has its own form, told apart by `kind`. */
export interface Receipt {
  readonly kind: string
  readonly [field: string]: string | number | boolean | null
}

/** A line for the ledger: what happened, without the numbering and the chain, which the store adds. */
export interface Entry {
  readonly kind: string
  /** Ids, states and codes only: never personal data. */
  readonly data: EntryData
}

export type EntryData = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

/** The entries that effects write, whatever their kind. Streams add entries of their own. */
export type EffectEntry =
  | { readonly kind: 'effect.intended'; readonly data: { readonly step: string; readonly key: string } }
  | { readonly kind: 'effect.done'; readonly data: { readonly step: string; readonly key: string } & EntryData }
  | {
      readonly kind: 'effect.suppressed'
      readonly data: { readonly step: string; readonly key: string; readonly mayHaveBeenSent: boolean }
    }
  | { readonly kind: 'effect.refused'; readonly data: { readonly step: string; readonly key: string; readonly code: string } }

/** How one attempt ended, for the record. No text of the other side's: it may name a person. */
export interface Attempt {
  readonly step: string
  /** Which attempt of its effect, from 1. */
  readonly number: number
  /** When it began (milliseconds since 1970). */
  readonly at: number
  readonly durationMs: number
  /** `accounts.create`, `webhook`; null where the answer does not say. */
  readonly operation: string | null
  /** The HTTP status; null where there was no answer. */
  readonly status: number | null
  /** Our code of the failure; null: it succeeded. */
  readonly code: string | null
  /** The problem's type URI, as Paxos sent it. */
  readonly problemType: string | null
  /** Known words only. */
  readonly detail: string | null
}

/** A stream with its effects: what decisions rest on. Each kind of stream adds its own state. */
export interface Snapshot {
  readonly effects: readonly Effect[]
}

/** What a step changes: the next snapshot, what the ledger says about it, and attempts to keep. Nothing is done yet. */
export type Draft<S extends Snapshot> = S & {
  readonly entries: readonly Entry[]
  readonly attempted?: readonly Attempt[]
}

/** A new effect of a stream. Its step and key are made of its id and its stream alone, so that a restored database asks under the same key. */
export function intendedEffect(streamId: string, { kind, name = null, number = 1 }: Partial<EffectId> & Pick<EffectId, 'kind'>): Effect {
  const step = `${kind}${name === null ? '' : `:${name}`}${number > 1 ? `:${number}` : ''}`
  return newEffect({ kind, name, number }, { step, key: `gatehouse-${step.replaceAll(':', '.')}-${streamId}` })
}

/** The same for the two kinds whose step and key are older than the rule above. */
export function newEffect(id: EffectId, texts: Pick<Effect, 'step' | 'key'>): Effect {
  return { ...id, ...texts, state: 'intended', attempts: 0, intendedAt: null, lease: null, receipt: null, errorCode: null }
}

/** The effects of one kind, and of one name where it is given. */
export function effectsOf({ effects }: Snapshot, kind: string, name?: string): Effect[] {
  return effects.filter((effect) => effect.kind === kind && (name === undefined || effect.name === name))
}

/** An effect is still wanted, or was refused. */
export function isOpen({ state }: Effect): boolean {
  return state === 'intended' || state === 'refused'
}

/** Adds an effect, or intends again one that was given up or refused, under the same key. */
export function intend<S extends Snapshot>(draft: Draft<S>, effect: Effect): Draft<S> {
  const known = draft.effects.find(({ step }) => step === effect.step)
  if (known?.state === 'intended' || known?.state === 'done') return draft
  const wanted = known ? { ...known, state: 'intended' as const, errorCode: null } : effect
  return withEffect(draft, wanted, { kind: 'effect.intended', data: { step: wanted.step, key: wanted.key } })
}

/** A person asked for another try (replay): what was refused is intended again, under the same key. */
export function reopenRefused<S extends Snapshot>(draft: Draft<S>): Draft<S> {
  if (!draft.effects.some(({ state }) => state === 'refused')) return draft
  const effects = draft.effects.map((effect) =>
    effect.state === 'refused' ? { ...effect, state: 'intended' as const, errorCode: null } : effect,
  )
  return { ...draft, effects }
}

/** Records the first receipt of an effect. @throws when the stream has no such effect: a fault of ours */
export function recordReceipt<S extends Snapshot>(draft: Draft<S>, step: string, receipt: Receipt): Draft<S> {
  const effect = effectAt(draft, step)
  const done: Effect = { ...effect, state: 'done', receipt, lease: null, errorCode: null }
  const { kind: _, ...said } = receipt
  return withEffect(draft, done, { kind: 'effect.done', data: { step, key: effect.key, ...said } })
}

/** The other side said no for good: the effect waits for a person, with the code of the refusal. */
export function recordRefusal<S extends Snapshot>(draft: Draft<S>, step: string, code: string): Draft<S> {
  const effect = draft.effects.find((candidate) => candidate.step === step)
  if (effect?.state !== 'intended') return draft
  const refused: Effect = { ...effect, state: 'refused', lease: null, errorCode: code }
  return withEffect(draft, refused, { kind: 'effect.refused', data: { step, key: effect.key, code } })
}

/** It was looked for where it would be, and is not there. A state that wants it again intends it again, under the same key. */
export function recordAbsence<S extends Snapshot>(draft: Draft<S>, step: string): Draft<S> {
  const effect = draft.effects.find((candidate) => candidate.step === step)
  return effect?.state === 'intended' ? suppress(draft, effect, { mayHaveBeenSent: false }) : draft
}

/** Gives up open effects that say what is no longer true. The ledger says of each whether it may have been sent. */
export function suppressAll<S extends Snapshot>(draft: Draft<S>, superseded: readonly Effect[]): Draft<S> {
  return superseded.reduce((next, effect) => suppress(next, effect, { mayHaveBeenSent: effect.attempts > 0 }), draft)
}

function suppress<S extends Snapshot>(draft: Draft<S>, effect: Effect, { mayHaveBeenSent }: { mayHaveBeenSent: boolean }): Draft<S> {
  const { step, key } = effect
  // The lease of an attempt that may be under way stays: a state that wants the effect again waits for it.
  const given: Effect = { ...effect, state: 'suppressed', lease: mayHaveBeenSent ? effect.lease : null }
  return withEffect(draft, given, { kind: 'effect.suppressed', data: { step, key, mayHaveBeenSent } })
}

/** Marks an attempt before it is made, so that after a crash the next worker knows that the outcome is unknown. */
export function markAttempt<S extends Snapshot>(draft: Draft<S>, effect: Effect, lease: Lease): Draft<S> {
  return { ...draft, effects: replace(draft.effects, { ...effect, attempts: effect.attempts + 1, lease, errorCode: null }) }
}

/** When the last attempt began, milliseconds since 1970; null: there is none under way or lost. */
export function attemptedAtMs({ lease }: Effect): number | null {
  return lease && lease.until - LEASE_MS
}

/** The lease of another job that has not run out; null where this job may act. A job takes over its own attempt at once: its predecessor is dead. */
export function heldByAnother({ lease }: Effect, by: LeaseHolder, now: number): Lease | null {
  if (lease === null || lease.until <= now) return null
  return lease.seq === by.seq && lease.generation === by.generation ? null : lease
}

/** @throws when the stream has no such effect: a fault of ours */
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
