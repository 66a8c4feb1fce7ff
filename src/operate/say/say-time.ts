/** `2026-03-02 09:15:20 UTC`. */
export function utcTime(at: Date): string {
  return `${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** `20:34 UTC`, for recent times. The caller adds the day if it matters. */
export function clockTime(at: Date): string {
  return `${at.toISOString().slice(11, 16)} UTC`
}

const STEPS = [
  { unit: 'd', seconds: 86_400 },
  { unit: 'h', seconds: 3_600 },
  { unit: 'min', seconds: 60 },
] as const

/** `12 s`, `3 min`, `5 h`, `2 d`: the largest unit that fits, rounded down. */
export function span(seconds: number): string {
  const step = STEPS.find((candidate) => seconds >= candidate.seconds)
  return step ? `${Math.floor(seconds / step.seconds)} ${step.unit}` : `${Math.floor(seconds)} s`
}

/** For an estimate: `1 s`, `90 s`, `3 min`, `115 min`, `5 h`. Rounded, in a unit with a value of at least 2, to limit the rounding error. */
export function roughSpan(seconds: number): string {
  const step = STEPS.find((candidate) => seconds >= 2 * candidate.seconds)
  return step ? `${Math.round(seconds / step.seconds)} ${step.unit}` : `${Math.round(seconds)} s`
}

/** `3 min ago`, `in 12 s`, `now`. */
export function relativeTime(at: Date, now: Date): string {
  const seconds = (at.getTime() - now.getTime()) / 1_000
  if (Math.abs(seconds) < 1) return 'now'
  return seconds < 0 ? `${span(-seconds)} ago` : `in ${span(seconds)}`
}
