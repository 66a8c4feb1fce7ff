import { z } from 'zod'
import { type BudgetLimits, ENDPOINT_CLASSES, type EndpointClass, isLimitOfPaxos, perClass } from './endpoint-class.ts'
import { createSlidingCount, type SlidingCount } from './sliding-count.ts'

/** `live`: a person waits for it. `replay`: sweeps, replays, reconciliations; they leave a share for live traffic. */
export type Priority = 'live' | 'replay'

/** How long permits may be used after they were asked for, and so how old a worker's knowledge of a lock-out can be. */
export const LEASE_MS = 1_000
export const WINDOW_SECONDS = 300 // documented: averages over five minutes, so that bursts are allowed
/** Their window need not start when ours does, and what others send from our address is unknown. */
const SAFETY = 0.97
/** So long the one call after a lock-out has for its answer, its process included; then another may try. */
const PROBE_MS = 15_000
/** Replay goes only while less than this share of the window is used, by whomever: the rest is always there for live traffic. */
const REPLAY_SHARE = 0.8

const Kept = z.object({ from: z.int().min(0), counts: z.array(z.int().min(0)).max(WINDOW_SECONDS + 2) }).optional()
const State = z.object({
  lockedUntilMs: z.number().default(0),
  /** Some call was answered since the last lock-out, with something else than a 429. */
  proven: z.boolean().default(true),
  /** While it is not proven: until then somebody has the one call that tells. */
  probeUntilMs: z.number().default(0),
  taken: z.object(perClass(() => Kept)).default({}),
})

/** What all who share the budget have taken of it; plain data, to be kept in one place. Times are those of that place's clock. */
export type BudgetState = z.output<typeof State>

/** What is kept, or the beginning of it. */
export function readBudgetState(kept: unknown): BudgetState {
  return State.parse(kept)
}

/** How many calls five minutes have room for. */
export function roomOf(limit: number): Record<Priority, number> {
  const room = limit * WINDOW_SECONDS * SAFETY
  return { live: Math.max(1, Math.floor(room)), replay: Math.max(1, Math.floor(room * REPLAY_SHARE)) }
}

export interface Reservation {
  asked: Readonly<Record<EndpointClass, Readonly<Record<Priority, number>>>>
  /** Permits of earlier leases that nobody will use any more. */
  returned: readonly { endpointClass: EndpointClass; countedAtMs: number; permits: number }[]
  /** Paxos answered 429: for so long nobody calls. 0: no word of that. */
  lockForMs: number
  /** A call was answered since the lock-out that was known. */
  answered: boolean
  /** Somebody here waits for leave to call this, and would make the one call after a lock-out. */
  probeWith: EndpointClass | null
}

export interface Reserved {
  state: BudgetState
  granted: Record<EndpointClass, Record<Priority, number>>
  /** Where the permits are counted, for their return. */
  countedAtMs: number
  lockedForMs: number
  /** No call was answered since the last lock-out: nobody calls but who has the probe. */
  shut: boolean
  /** The one call is ours to make. */
  probe: EndpointClass | null
}

/**
 * Takes permits for the next `LEASE_MS`, live ones first, as far as there is room. They count as calls made at the end of that
 * time, used or not, so that those of a process that dies stay counted until the window has passed. After a lock-out there is one permit,
 * for one process, until a call was answered with something else than another 429. Pure.
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
 * An estimate of how long `calls` more calls take, milliseconds; for one call with nobody else about, when there is room for it.
 * `held` are permits taken already and still to be used.
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
  // Until old calls leave the window there is no room; after that, room comes at the average rate.
  const untilRoomMs = count.msUntilFreed(Math.min(counted, used + calls - room), atMs)
  const beyondTheFirst = calls === 1 ? 0 : (later / room) * WINDOW_SECONDS * 1000
  return Math.ceil(Math.max(lockMs, untilRoomMs, beyondTheFirst))
}

/** Longer than the window by a lease, since a call may have been made that much before the moment at which it is counted. */
function countOf({ taken }: BudgetState, endpointClass: EndpointClass): SlidingCount {
  return createSlidingCount(WINDOW_SECONDS + LEASE_MS / 1000, taken[endpointClass])
}
