/** What became of an event, as a value. `outcomeText` is the one place that makes the stored text of it. */
export type Outcome =
  /** It moved its stream to this state. */
  | { readonly kind: 'moved'; readonly to: string }
  /** It found nothing new to decide, and finished what was open. */
  | { readonly kind: 'resumed'; readonly state: string }
  /** It moved nothing; the status, or the reason for it, was not on record. */
  | { readonly kind: 'noted'; readonly status: string }
  /** A contradiction: a person must look. */
  | { readonly kind: 'held'; readonly reason: string }
  /** Late or repeated. */
  | { readonly kind: 'ignored'; readonly because: string }
  /** It is on record and concerns no stream. */
  | { readonly kind: 'kept'; readonly because: string }
  /** A timer that was no longer wanted. */
  | { readonly kind: 'cancelled'; readonly because: string }

/** `moved:ready`, `held:approved-after-denied`, `ignored:already-ready`: what the inbox stores and the API shows. */
export function outcomeText(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'moved':
      return `moved:${outcome.to}`
    case 'resumed':
      return `resumed:${outcome.state}`
    case 'noted':
      return `noted:${outcome.status}`
    case 'held':
      return `held:${outcome.reason}`
    case 'ignored':
      return `ignored:${outcome.because}`
    case 'cancelled':
      return `cancelled:${outcome.because}`
    case 'kept':
      return `kept:${outcome.because}`
  }
}

/** The stored text as a value again, for a screen; null for a text that this version does not know. */
export function readOutcome(text: string): Outcome | null {
  const colon = text.indexOf(':')
  const what = text.slice(colon + 1)
  switch (text.slice(0, Math.max(0, colon))) {
    case 'moved':
      return { kind: 'moved', to: what }
    case 'resumed':
      return { kind: 'resumed', state: what }
    case 'noted':
      return { kind: 'noted', status: what }
    case 'held':
      return { kind: 'held', reason: what }
    case 'ignored':
      return { kind: 'ignored', because: what }
    case 'cancelled':
      return { kind: 'cancelled', because: what }
    case 'kept':
      return { kind: 'kept', because: what }
    default:
      return null
  }
}
