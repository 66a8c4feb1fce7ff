import type { EventFilter } from '../inbox/match-events.ts'
import { UsageError } from '../platform/app-error.ts'

/**
 * Selects the events of a replay. At least one part must be given, and all given parts must hold. Without `states` it takes parked and dead
 * events. When events or identities are named, or holds are to be released, it takes events of every state but dismissed and test.
 */
export interface ReplayFilter {
  eventIds?: string[] | undefined
  identityIds?: string[] | undefined
  types?: string[] | undefined
  states?: ReplayableState[] | undefined
  /** The last error of the event. */
  errorCodes?: string[] | undefined
  /** Ids of the issues for which events failed. */
  issueIds?: string[] | undefined
  /** The webhook keys that brought the event, as in its `keySlot`. */
  keySlots?: string[] | undefined
  /** Received at or after. */
  from?: Date | undefined
  /** Received before. By default the time of planning, so that later events stay out. */
  to?: Date | undefined
  limit?: number | undefined
  /** The live status may release holds: the only way out of a contradiction. */
  releaseHolds?: boolean | undefined
  /** `dismiss`: dismisses the parked and dead events. Absent: works on the events again. */
  action?: 'dismiss' | undefined
  /** Only failures after this replay (its id) was planned that are not part of it. */
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

/** The inbox filter for this one. `to` must be a time by then. */
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

/** A filter as startPlan stored it: times are text, and `to` is always present. */
export function storedFilter(filter: object): ReplayFilter & { to: Date } {
  const { from, to, ...asked } = filter as Omit<ReplayFilter, 'from' | 'to'> & { from?: string; to: string }
  return { ...asked, ...(from === undefined ? {} : { from: new Date(from) }), to: new Date(to) }
}
