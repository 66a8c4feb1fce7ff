/** The outcome of an event, as a value. Only `outcomeText` makes its stored text. */
export type Outcome =
  /** It moved its stream to this state. */
  | { readonly kind: 'moved'; readonly to: string }
  /** It found nothing new to decide and finished open work. */
  | { readonly kind: 'resumed'; readonly state: string }
  /** It moved nothing and recorded a new status, or a new reason for it. */
  | { readonly kind: 'noted'; readonly status: string }
  /** It met a contradiction: a person must look. */
  | { readonly kind: 'held'; readonly reason: string }
  /** It was late or repeated. */
  | { readonly kind: 'ignored'; readonly because: string }
  /** It is recorded and concerns no stream. */
  | { readonly kind: 'kept'; readonly because: string }
  /** It was a timer that is no longer needed. */
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

/** Parses the stored text, for a screen; null for a text that this version does not know. */
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
