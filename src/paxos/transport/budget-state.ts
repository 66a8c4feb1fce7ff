import { z } from 'zod'
import { type BudgetLimits, ENDPOINT_CLASSES, type EndpointClass, isLimitOfPaxos, perClass } from './endpoint-class.ts'
import { createSlidingCount, type SlidingCount } from './sliding-count.ts'

/** `live`: work that a customer waits for. `replay`: sweeps, replays and reconciliations, which leave a share to live calls. */
export type Priority = 'live' | 'replay'

/** How long permits may be used after they were requested. A worker's knowledge of a lock-out is at most this old. */
export const LEASE_MS = 1_000
export const WINDOW_SECONDS = 300 // documented: limits are averages over five minutes, so bursts are allowed
/** Share of the limit that is used: Paxos's window may start at another time than ours, and other senders at our address are unknown. */
const SAFETY = 0.97
/** Time for the one call after a lock-out, with the process that makes it. Then another process may try. */
const PROBE_MS = 15_000
/** Replay gets permits only while less than this share of the window is used by all. The rest is reserved for live calls. */
const REPLAY_SHARE = 0.8

const Kept = z.object({ from: z.int().min(0), counts: z.array(z.int().min(0)).max(WINDOW_SECONDS + 2) }).optional()
const State = z.object({
  lockedUntilMs: z.number().default(0),
  /** Paxos has answered a call since the last lock-out, with anything but a 429. */
  proven: z.boolean().default(true),
  /** While not proven: until then one process holds the one call that probes. */
  probeUntilMs: z.number().default(0),
  taken: z.object(perClass(() => Kept)).default({}),
})

/** What all sharers of the budget have taken from it: plain data for one store. Times are milliseconds of the store's clock. */
export type BudgetState = z.output<typeof State>

/** The stored state; a fresh one when nothing is stored. */
export function readBudgetState(kept: unknown): BudgetState {
  return State.parse(kept)
}

/** Calls that fit into five minutes at `limit` calls a second. */
export function roomOf(limit: number): Record<Priority, number> {
  const room = limit * WINDOW_SECONDS * SAFETY
  return { live: Math.max(1, Math.floor(room)), replay: Math.max(1, Math.floor(room * REPLAY_SHARE)) }
}

export interface Reservation {
  asked: Readonly<Record<EndpointClass, Readonly<Record<Priority, number>>>>
  /** Unused permits of expired leases. */
  returned: readonly { endpointClass: EndpointClass; countedAtMs: number; permits: number }[]
  /** Milliseconds of lock-out after a 429; 0 when there is no news of one. */
  lockForMs: number
  /** Paxos has answered a call since the last known lock-out. */
  answered: boolean
  /** The class of a call here that waits for a permit and could be the one call after a lock-out. */
  probeWith: EndpointClass | null
}

export interface Reserved {
  state: BudgetState
  granted: Record<EndpointClass, Record<Priority, number>>
  /** When the permits are counted, by the store's clock. Their return needs it. */
  countedAtMs: number
  lockedForMs: number
  /** Paxos has answered no call since the last lock-out: only the holder of the probe may call. */
  shut: boolean
  /** Class of the probe that this process must make. */
  probe: EndpointClass | null
}

/**
 * Takes permits for the next `LEASE_MS`, live ones first, as far as there is room. Pure.
 *
 * Permits count as calls at the end of that time, used or not. So the permits of a process that dies stay counted until the window has
 * passed. After a lock-out there is one permit for one process, until Paxos has answered a call with anything but another 429.
 */
export function reserve(before: BudgetState, reservation: Reservation, limits: BudgetLimits, nowMs: number): Reserved {
  const { asked, returned, lockForMs, answered, probeWith } = reservation
  const countedAtMs = nowMs + LEASE_MS
  const lockedUntilMs = Math.max(before.lockedUntilMs, lockForMs > 0 ? nowMs + lockForMs : 0)
  const lockedForMs = Math.max(0, lockedUntilMs - nowMs)
  const shut = lockForMs > 0 || !(before.proven || (answered && lockedForMs === 0))
  const probe = shut && lockedForMs === 0 && before.probeUntilMs <= nowMs ? probeWith : null
  const gate = { lockedUntilMs, proven: !shut, probeUntilMs: probe ? nowMs + PROBE_MS : shut && lockForMs === 0 ? before.probeUntilMs : 0 }
  const taken = { ...before.taken }
  const granted = perClass(() => ({ live: 0, replay: 0 }))
  let changed = lockedUntilMs !== before.lockedUntilMs || gate.proven !== before.proven || gate.probeUntilMs !== before.probeUntilMs
  for (const endpointClass of ENDPOINT_CLASSES) {
    const limit = limits[endpointClass]
    if (limit === null) continue
    const count = countOf(before, endpointClass)
    const back = returned.filter((unused) => unused.endpointClass === endpointClass)
    for (const unused of back) count.takeBack(unused.countedAtMs, unused.permits)
    const room = roomOf(limit)
    for (const priority of ['live', 'replay'] as const) {
      const closed = (shut || lockedForMs > 0) && isLimitOfPaxos(endpointClass)
      const free = closed ? 0 : room[priority] - count.total(countedAtMs)
      granted[endpointClass][priority] = Math.max(0, Math.min(asked[endpointClass][priority], free))
      count.add(countedAtMs, granted[endpointClass][priority])
    }
    if (probe === endpointClass) count.add(countedAtMs, 1)
    if (back.length === 0 && probe !== endpointClass && granted[endpointClass].live + granted[endpointClass].replay === 0) continue
    taken[endpointClass] = count.kept()
    changed = true
  }
  return { state: changed ? { ...gate, taken } : before, granted, countedAtMs, lockedForMs, shut, probe }
}

/**
 * Estimated milliseconds for `calls` more calls; for one call, when there is room for it, as if no other process called. `held` permits are
 * taken already and still unused.
 */
export function estimateMs(
  state: BudgetState,
  { endpointClass, calls, priority, held }: { endpointClass: EndpointClass; calls: number; priority: Priority; held: number },
  limits: BudgetLimits,
  nowMs: number,
): number {
  const lockMs = Math.max(0, state.lockedUntilMs - nowMs)
  const limit = limits[endpointClass]
  if (limit === null) return lockMs
  const atMs = nowMs + LEASE_MS
  const count = countOf(state, endpointClass)
  const counted = count.total(atMs)
  const used = Math.max(0, counted - held)
  const room = roomOf(limit)[priority]
  const later = calls - Math.max(0, room - used)
  if (later <= 0) return lockMs
  // There is no room until old calls leave the window. After that, room comes at the average rate.
  const untilRoomMs = count.msUntilFreed(Math.min(counted, used + calls - room), atMs)
  const beyondTheFirst = calls === 1 ? 0 : (later / room) * WINDOW_SECONDS * 1000
  return Math.ceil(Math.max(lockMs, untilRoomMs, beyondTheFirst))
}

/** The count is one lease longer than the window: a call may have been made that long before the moment at which it counts. */
function countOf({ taken }: BudgetState, endpointClass: EndpointClass): SlidingCount {
  return createSlidingCount(WINDOW_SECONDS + LEASE_MS / 1000, taken[endpointClass])
}
