import { REMINDER_DAYS, reminderDueAt, reminderTimer } from '../domain/onboarding/refresh-reminder.ts'
import type { Inbox } from '../inbox/inbox.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { StreamWork } from './stream-work.ts'

export interface RefreshTimerParts {
  ledger: Ledger
  /** Null: no reminders. */
  inbox: Pick<Inbox, 'setTimers' | 'cancelTimer'> | null
  /** Milliseconds since 1970. */
  now: () => number
}

/**
 * Adds the timers of reminders to the work on an event of a KYC refresh. They are set before the event is completed, so a crash cannot lose
 * them; setting them twice sets them once. They are cancelled after the work, once no refresh is on record. A timer that fires
 * nevertheless finds no refresh and does nothing. `endsAt`: of the refresh that the event started, milliseconds since 1970; null: it started none.
 */
export function withRefreshTimers(parts: RefreshTimerParts, work: StreamWork, identityId: string, endsAt: number | null): StreamWork {
  const { inbox } = parts
  if (inbox === null) return work
  return {
    ...work,
    run: async (terms) => {
      if (endsAt !== null) await setReminders({ ...parts, inbox }, identityId, endsAt)
      const ran = await work.run(terms)
      if (endsAt === null && !(await runningRefresh(parts, identityId))) await cancelReminders(inbox, identityId)
      return ran
    },
  }
}

/** An event of an earlier refresh, delivered late, leaves the timers of the running one alone. */
async function setReminders(
  { inbox, now, ...parts }: RefreshTimerParts & { inbox: Pick<Inbox, 'setTimers' | 'cancelTimer'> },
  identityId: string,
  endsAt: number,
): Promise<void> {
  const known = await runningRefresh(parts, identityId)
  if (known && Date.parse(known.endsAt) > endsAt) return
  const timers = REMINDER_DAYS.map((days) => ({ name: reminderTimer(days), dueAt: new Date(reminderDueAt(endsAt, days)) }))
  const coming = timers.filter(({ dueAt }) => dueAt.getTime() > now())
  await cancelReminders(inbox, identityId) // a waiting timer of an earlier refresh would keep its time
  await inbox.setTimers(coming.map((timer) => ({ ...timer, streamId: identityId, identityId })))
}

async function cancelReminders(inbox: Pick<Inbox, 'cancelTimer'>, identityId: string): Promise<void> {
  for (const days of REMINDER_DAYS) await inbox.cancelTimer({ streamId: identityId, name: reminderTimer(days) })
}

async function runningRefresh({ ledger }: Pick<RefreshTimerParts, 'ledger'>, identityId: string) {
  return (await ledger.load(identityId))?.onboarding.kycRefresh ?? null
}
