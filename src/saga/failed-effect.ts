/** Which kind of effect an error is about. An error is thrown by what knows no effect, and reported where no effect is known any more. */
const kinds = new WeakMap<object, string>()

export function noteFailedEffect(error: unknown, kind: string): void {
  if (typeof error === 'object' && error !== null) kinds.set(error, kind)
}

/** Null: it failed outside of any effect. */
export function failedEffectOf(error: unknown): string | null {
  return typeof error === 'object' && error !== null ? (kinds.get(error) ?? null) : null
}
