import { fromRfc3339 } from '../world/nano-clock.ts'
import { problem } from './paxos-problem.ts'
import type { Query } from './query.ts'

/** Both ends are inclusive, in nanoseconds since 1970. `null` is open. */
export interface TimeRange {
  fromNs: bigint | null
  toNs: bigint | null
}

/**
 * The documented filters `<field>.lt|lte|eq|gte|gt` as one range, to the nanosecond.
 * @throws 400 naming a filter that is no RFC 3339 time
 */
export function timeRange(query: Query, field: 'created_at' | 'updated_at'): TimeRange {
  const range: TimeRange = { fromNs: null, toNs: null }
  const from = (ns: bigint): void => {
    if (range.fromNs === null || ns > range.fromNs) range.fromNs = ns
  }
  const to = (ns: bigint): void => {
    if (range.toNs === null || ns < range.toNs) range.toNs = ns
  }
  const given = (operator: string): bigint | null => {
    const text = query[`${field}.${operator}`]
    if (text === undefined || text === '') return null
    const ns = typeof text === 'string' ? fromRfc3339(text) : null
    if (ns === null) throw problem(400, `error parsing ${field}.${operator}: an RFC 3339 time is needed`)
    return ns
  }
  const [gt, gte, eq, lte, lt] = [given('gt'), given('gte'), given('eq'), given('lte'), given('lt')]
  if (gt !== null) from(gt + 1n)
  if (gte !== null) from(gte)
  if (eq !== null) {
    from(eq)
    to(eq)
  }
  if (lte !== null) to(lte)
  if (lt !== null) to(lt - 1n)
  return range
}

/** The documented filters `<field>.begin` and `<field>.end`, both inclusive. @throws 400 naming a filter that is no RFC 3339 time */
export function beginAndEnd(query: Query, field: 'order_time' | 'range' | 'created_at'): TimeRange {
  const given = (end: 'begin' | 'end'): bigint | null => {
    const text = query[`${field}.${end}`]
    if (text === undefined || text === '') return null
    const ns = typeof text === 'string' ? fromRfc3339(text) : null
    if (ns === null) throw problem(400, `error parsing ${field}.${end}: an RFC 3339 time is needed`)
    return ns
  }
  return { fromNs: given('begin'), toNs: given('end') }
}

export function isWithin(ns: bigint, { fromNs, toNs }: TimeRange): boolean {
  return (fromNs === null || ns >= fromNs) && (toNs === null || ns <= toNs)
}
