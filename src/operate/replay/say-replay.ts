import { MOST_COUNTED } from '../../replay/choose-events.ts'
import type { EffectTotals } from '../../replay/count-effects.ts'
import { MOST_NEW, type ReplayView } from '../../replay/read-replay.ts'
import type { ReplayHead } from '../../replay/replay-record.ts'
import { counted } from '../say/counted.ts'

/** `6 events`; `1000 of 2500 events that match` if the limit cut the list. */
export function sayEvents({ events, matched }: { events: number; matched: number | null }): string {
  if (matched === null) return counted(events, 'event')
  return `${events} of ${matched > MOST_COUNTED ? `more than ${MOST_COUNTED}` : matched} events that match`
}

/** `opens 12 accounts, adopts 3, sends 15 notifications (12 first, 3 again under their key), releases 1 hold, nothing for 204 events`. */
export function sayEffects(effects: EffectTotals): string {
  const { accountsOpened, accountsAdopted, accountsLookedUp, notificationsFirst, notificationsAgain, holdsReleased, eventsWithoutEffect } =
    effects
  const sent = notificationsFirst + notificationsAgain
  const how = notificationsAgain > 0 ? ` (${notificationsFirst} first, ${notificationsAgain} again under their key)` : ''
  const parts = [
    accountsOpened > 0 && `opens ${counted(accountsOpened, 'account')}`,
    accountsAdopted > 0 && `adopts ${counted(accountsAdopted, 'account')} that already exist at Paxos`,
    accountsLookedUp > 0 && `looks up ${counted(accountsLookedUp, 'account')}`,
    sent > 0 && `sends ${counted(sent, 'notification')}${how}`,
    holdsReleased > 0 && `releases the hold of ${counted(holdsReleased, 'customer')}`,
    effects.ordersPlaced > 0 && `places ${counted(effects.ordersPlaced, 'order')}`,
    effects.ordersCancelled > 0 && `cancels ${counted(effects.ordersCancelled, 'order')}`,
    effects.depositsMade > 0 && `makes ${counted(effects.depositsMade, 'deposit')}`,
    effects.quotesExecuted > 0 && `executes ${counted(effects.quotesExecuted, 'quote')}`,
    effects.identitiesChanged > 0 && `changes ${counted(effects.identitiesChanged, 'identity')}`,
    effects.instructionsCreated > 0 && `requests deposit instructions for ${counted(effects.instructionsCreated, 'account')}`,
    effects.wiresSent > 0 && `sends ${counted(effects.wiresSent, 'wire')}`,
    effects.membersChanged > 0 && `changes the members of institutions ${counted(effects.membersChanged, 'time')}`,
    eventsWithoutEffect > 0 && `nothing for ${counted(eventsWithoutEffect, 'event')}`,
  ].filter((part) => part !== false)
  const sentence = parts.join(', ')
  return effects.customers > 0 ? `${counted(effects.customers, 'customer')}: ${sentence}` : sentence || 'nothing'
}

/** The plan's effects in words; null while planning. */
export function sayPlan({ filter, counts, effects }: Pick<ReplayView, 'filter' | 'counts' | 'effects'>): string | null {
  if (effects === null) return null
  if (!('action' in filter) || filter.action !== 'dismiss') return sayEffects(effects)
  const blocked = counts.blocked ? `, skips ${counts.blocked}` : ''
  return `dismisses ${counted(counts['would-dismiss'] ?? 0, 'event')}${blocked}`
}

/** `13 ready, 7 parked again, 2 skipped: changed since the plan`. */
export function sayResults(results: Readonly<Record<string, number>>): string {
  return Object.entries(results)
    .toSorted(([, a], [, b]) => b - a)
    .map(([result, count]) => `${count} ${result}`)
    .join(', ')
}

/** `13 as planned, 7 different for a known reason, 0 unexplained`. Null: no event has ended. */
export function sayCompared({ asPlanned, explained, unexplained }: ReplayView['compared']): string | null {
  if (asPlanned + explained + unexplained === 0) return null
  return `${asPlanned} as planned, ${explained} different for a known reason, ${unexplained} unexplained`
}

/** The state of the replay, in a sentence. */
export function sayState({ state, expired, chosen, events, plannedItems, progress, stage, note, approvedBy }: ReplayView): string {
  if (expired) return 'Expired: the plan may be out of date. Plan again.'
  switch (state) {
    case 'planning':
      if (!chosen) return `Planning: choosing the events, ${events} so far${note ? `. Waiting: ${note}` : ''}`
      return `Planning: ${plannedItems} of ${events} events${note ? `. Waiting: ${note}` : ''}`
    case 'planned':
      return 'Planned: nothing runs before an approval.'
    case 'awaiting_second':
      return `Approved by ${approvedBy}; a second person must also approve it.`
    case 'approved':
      return 'Approved: not started yet; a worker or the operator role starts it.'
    case 'running':
      return `Running: ${progress.ended} of ${progress.ended + progress.running + progress.waiting} events have ended, ${progress.running} are running (stage ${stage})`
    case 'paused':
      return `Paused after ${progress.ended} of ${progress.ended + progress.running + progress.waiting} events: ${note ?? 'no note'}`
    case 'finished':
      return progress.ended === 0 ? 'Finished: no event was processed.' : `Finished: ${counted(progress.ended, 'event')} processed.`
    case 'cancelled':
      return `Cancelled: ${note ?? 'no note'}`
    case 'discarded':
      return `Discarded: ${note ?? 'no note'}`
  }
}

/** Whether the run skipped every event although the plan had something to do. */
export function didNothing({ state, progress }: ReplayView): boolean {
  return state === 'finished' && progress.ended === 0 && progress.skipped > 0
}

/** `2 of 22 have changed since the plan and would be skipped`. Null: none, or not known. */
export function sayChanged({ changedSince, events }: ReplayView): string | null {
  return changedSince ? `${changedSince} of ${events} have changed since the plan and would be skipped` : null
}

/** `3 more events have failed since this plan`. Null: none has. */
export function sayNew({ newSince }: ReplayView): string | null {
  if (!newSince) return null
  return newSince > MOST_NEW
    ? `More than ${MOST_NEW} more events have failed since this plan`
    : `${counted(newSince, 'more event')} failed since this plan`
}

/** The plan's filter in words: `parked and dead events of type identity.approved received before 2026-… ; releases holds`. */
export function sayFilter(filter: ReplayHead['filter']): string {
  const asked = filter as Record<string, unknown> // as startPlan has written it
  const list = (field: string, most = 3): string | null => {
    const values = asked[field]
    if (!Array.isArray(values)) return null
    return values.length > most ? `${values.slice(0, most).join(', ')} and ${values.length - most} more` : values.join(', ')
  }
  const parts = [
    `events that are ${list('states', 4) ?? (asked.eventIds || asked.identityIds || asked.releaseHolds ? 'in any state' : 'parked, dead')}`,
    list('eventIds') && `with the ids ${list('eventIds')}`,
    list('identityIds') && `of the customers ${list('identityIds')}`,
    list('types') && `of the types ${list('types')}`,
    list('issueIds') && `of issue ${list('issueIds')}`,
    list('errorCodes') && `with the errors ${list('errorCodes')}`,
    list('keySlots') && `received with the webhook keys ${list('keySlots')}`,
    asked.from && `received from ${String(asked.from)}`,
    asked.to && `received before ${String(asked.to)}`,
    asked.newSince && `that failed after replay ${String(asked.newSince)} was planned`,
    asked.limit && `at most ${String(asked.limit)}`,
    asked.action === 'dismiss' ? 'to be dismissed' : null,
    asked.releaseHolds === true ? 'and releases holds by the live status at Paxos' : null,
  ]
  return parts.filter(Boolean).join(', ')
}
