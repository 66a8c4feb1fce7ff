import type { EventFilter } from '../inbox/match-events.ts'
import { UsageError } from '../platform/app-error.ts'

/**
 * Which events a replay takes; every part given must hold, and at least one must be given. Without `states`: what is parked or dead; where
 * events or identities are named, or holds are to be released, events of every state but dismissed and test.
 */
export interface ReplayFilter {
  eventIds?: string[] | undefined
  identityIds?: string[] | undefined
  types?: string[] | undefined
  states?: ReplayableState[] | undefined
  /** The last error of the event. */
  errorCodes?: string[] | undefined
  /** Why it failed: ids of issues. */
  issueIds?: string[] | undefined
  /** Which webhook keys brought it, as the event's `keySlot` says. */
  keySlots?: string[] | undefined
  /** Received at or after. */
  from?: Date | undefined
  /** Received before; the moment of planning where it is not given, so that what comes later is not swept along. */
  to?: Date | undefined
  limit?: number | undefined
  /** The live status may release holds: the one way out of a contradiction. */
  releaseHolds?: boolean | undefined
  /** What the plan does with its events: work on them again (left out), or dismiss what is parked or dead among them. */
  action?: 'dismiss' | undefined
  /** Only what failed after this replay (its id) was planned and is not part of it. */
  newSince?: string | undefined
}

/** The states from which a replay may take events. */
export const REPLAYABLE_STATES = ['parked', 'dead', 'processed', 'accepted'] as const
export type ReplayableState = (typeof REPLAYABLE_STATES)[number]

export const DEFAULT_REPLAY_LIMIT = 1_000
export const MAX_REPLAY_LIMIT = 100_000

const CHOOSING = ['eventIds', 'identityIds', 'types', 'states', 'errorCodes', 'issueIds', 'keySlots', 'from', 'to', 'newSince'] as const

/** @throws UsageError naming the field */
export function checkFilter(filter: ReplayFilter): void {
  const { limit = DEFAULT_REPLAY_LIMIT } = filter
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_REPLAY_LIMIT)
    throw new UsageError(`1 to ${MAX_REPLAY_LIMIT}`, { field: 'limit' })
  if (!CHOOSING.some((field) => filter[field] !== undefined))
    throw new UsageError(
      `name at least one of ${CHOOSING.join(', ')}; an empty filter would select every event. For all events that need an operator: states parked and dead`,
      { field: 'states' },
    )
}

/** The filter of the inbox that this one comes to. `to` must be a time by then. */
export function eventFilterOf(filter: ReplayFilter & { to: Date }): EventFilter {
  const { eventIds, identityIds, types, errorCodes, issueIds, keySlots, from, to } = filter
  const named = eventIds !== undefined || identityIds !== undefined || filter.releaseHolds === true
  return {
    states: filter.states ?? (named ? REPLAYABLE_STATES : ['parked', 'dead']),
    eventIds,
    identityIds,
    types,
    errorCodes,
    causeIds: issueIds,
    keySlots,
    from,
    to,
  }
}

/** A filter as startPlan has stored it: its times are text there, and `to` is always among them. */
export function storedFilter(filter: object): ReplayFilter & { to: Date } {
  const { from, to, ...asked } = filter as Omit<ReplayFilter, 'from' | 'to'> & { from?: string; to: string }
  return { ...asked, ...(from === undefined ? {} : { from: new Date(from) }), to: new Date(to) }
}
