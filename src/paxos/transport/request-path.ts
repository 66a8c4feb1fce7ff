import { PaxosNotFoundError } from '../paxos-errors.ts'

/**
 * `id` as a segment of a path. Ids also come from webhooks, which anyone with a stolen key can send. An id with other characters (`..`, a
 * slash) is never sent. @throws PAXOS_NOT_FOUND
 */
export function idSegment(id: string, operation: string): string {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(id)) throw new PaxosNotFoundError({ operation })
  return id
}

/** RFC 3339 limits on a time (paxos/api.md 3.2). Texts, because a Date cannot hold nanoseconds. */
export interface TimeFilter {
  lt?: string
  lte?: string
  eq?: string
  gte?: string
  gt?: string
}

type Parameter = string | number | boolean | null | undefined | readonly string[]

/** `?a=1&b=2` of the set parameters; empty when none is set. An array repeats its name (paxos/api.md 8.1: `explode`). */
export function queryString(parameters: Readonly<Record<string, Parameter>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value == null) continue
    for (const each of Array.isArray(value) ? value : [value]) query.append(name, String(each))
  }
  return query.size === 0 ? '' : `?${query}`
}

export function timeFilter(name: string, filter: TimeFilter = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(filter).map(([limit, value]) => [`${name}.${limit}`, String(value)]))
}
