const OLDEST_YEARS = 130

/** What is wrong with a date of birth, by kind; null when it is right. `today`: the day in UTC, `YYYY-MM-DD`. */
export function birthDateFault(text: string, today: string): string | null {
  const [, year = '', month = '', day = ''] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? []
  if (year === '') return 'must be written YYYY-MM-DD'
  if (Number(month) < 1 || Number(month) > 12) return 'is not a calendar date: months are 01 to 12'
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  if (Number(day) < 1 || Number(day) > daysInMonth) return `is not a calendar date: that month has ${daysInMonth} days`
  if (text > today) return 'must not be in the future'
  if (Number(today.slice(0, 4)) - Number(year) > OLDEST_YEARS) return `is impossible: it is more than ${OLDEST_YEARS} years ago`
  return null
}
