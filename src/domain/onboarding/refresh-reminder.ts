/** Days before the end of a KYC refresh at which your application is reminded, the earliest first. */
export const REMINDER_DAYS = [14, 7, 1] as const
export type ReminderDays = (typeof REMINDER_DAYS)[number]

/** A running or overdue KYC refresh. */
export interface KycRefresh {
  /** When the customer's time is over, RFC 3339 in UTC. */
  readonly endsAt: string
  /** The last reminder that was decided, or that was due before the refresh was known; null: none. */
  readonly reminded: ReminderDays | null
}

const DAY_MS = 86_400_000
/** Paxos gives a refresh this time when its event names no end (paxos/api.md 4.11: typically). */
const USUAL_DAYS = 30

/** The end of a refresh that an event started: the date that it names if that is later than the event, else the usual time after it. */
export function refreshEndsAt({ createdAt, nextKycRefreshDate }: { createdAt: string; nextKycRefreshDate: string | null }): number {
  const started = Date.parse(createdAt)
  const named = nextKycRefreshDate === null ? Number.NaN : Date.parse(nextKycRefreshDate)
  return named > started ? named : started + USUAL_DAYS * DAY_MS
}

/** When a reminder is due, milliseconds since 1970. */
export function reminderDueAt(endsAt: number, days: ReminderDays): number {
  return endsAt - days * DAY_MS
}

/** The latest reminder that is due now; null: none is. After an outage the earlier ones are left out. */
function dueReminder(endsAt: number, now: number): ReminderDays | null {
  return REMINDER_DAYS.findLast((days) => reminderDueAt(endsAt, days) <= now) ?? null
}

/** The name of the timer for one reminder. */
export function reminderTimer(days: ReminderDays): string {
  return `remind-kyc-refresh-${days}`
}

/**
 * The refresh after an event has named its end. `kyc_refresh.started` tells your application by itself, so reminders that are due by then are
 * not sent. An older event, delivered late, changes nothing.
 */
export function withEnd(known: KycRefresh | null, endsAt: number, now: number): KycRefresh {
  if (known !== null && Date.parse(known.endsAt) >= endsAt) return known
  return { endsAt: new Date(endsAt).toISOString(), reminded: dueReminder(endsAt, now) }
}

/** The refresh after a reminder that is due now and was not decided yet; null: none. */
export function withReminder(known: KycRefresh, now: number): KycRefresh | null {
  const endsAt = Date.parse(known.endsAt)
  const due = dueReminder(endsAt, now)
  if (due === null || now >= endsAt || (known.reminded !== null && known.reminded <= due)) return null
  return { ...known, reminded: due }
}
