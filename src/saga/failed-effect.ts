/** The kind of effect that failed, by error. The code that throws an error knows no effect, and the code that reports it no longer does. */
const kinds = new WeakMap<object, string>()

export function noteFailedEffect(error: unknown, kind: string): void {
  if (typeof error === 'object' && error !== null) kinds.set(error, kind)
}

/** The kind of the failed effect; null: the failure was outside of any effect. */
export function failedEffectOf(error: unknown): string | null {
  return typeof error === 'object' && error !== null ? (kinds.get(error) ?? null) : null
}
