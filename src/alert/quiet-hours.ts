/** A daily window in UTC, minutes after midnight: from `fromMinute`, inclusive, to `toMinute`, exclusive. It may pass midnight. */
export interface QuietHours {
  readonly fromMinute: number
  readonly toMinute: number
}

/** Whether alerts that are not critical wait now. */
export function isQuiet(hours: QuietHours | null, at: Date): boolean {
  if (hours === null) return false
  const { fromMinute, toMinute } = hours
  const minute = at.getUTCHours() * 60 + at.getUTCMinutes()
  return fromMinute < toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute
}
