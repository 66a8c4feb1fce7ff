const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/** The forms that `readTime` accepts, for messages and hints. */
export const TIME_FORMS = 'a time with its zone (2026-03-01T12:00:00Z), a date, an age (15m, 2h, 3d), or now'

/** Parses a time, the same on all faces: a time with its zone, a date (its start in UTC), an age, or `now`. Null: none of these. */
export function readTime(text: string, nowMs: number = Date.now()): Date | null {
  if (text === 'now') return new Date(nowMs)
  const [, count, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (count !== undefined) return new Date(nowMs - Number(count) * (UNIT_SECONDS[unit] ?? 0) * 1_000)
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)) return null
  const at = new Date(text)
  // The 30th of February would become the 2nd of March.
  const isReal = !Number.isNaN(at.getTime()) && new Date(`${text.slice(0, 10)}T00:00:00Z`).toISOString().startsWith(text.slice(0, 10))
  return isReal ? at : null
}
