import { problem } from './paxos-problem.ts'

/** A query string as Fastify parses it. */
export type Query = Readonly<Record<string, string | string[] | undefined>>

/** A boolean query parameter, false when absent. @throws 400 naming it. */
export function queryFlag(query: Query, name: string): boolean {
  const value = query[name]
  if (value === undefined || value === 'false' || value === '') return false
  if (value === 'true') return true
  throw problem(400, `error parsing ${name}: true or false is needed`)
}

/** A text parameter, `null` when absent; one of `allowed` where given. @throws 400 naming it. */
export function queryText<T extends string = string>(query: Query, name: string, allowed?: readonly T[]): T | null {
  const value = query[name]
  if (value === undefined || value === '') return null
  if (typeof value !== 'string') throw problem(400, `error parsing ${name}: give it once`)
  if (allowed && !(allowed as readonly string[]).includes(value)) throw problem(400, `${name} must be one of ${allowed.join(', ')}`)
  return value as T // one of `allowed`, or T is string
}

/** A list parameter, given once or several times; empty when absent. */
export function queryList(query: Query, name: string): string[] {
  const value = query[name]
  return value === undefined ? [] : [value].flat().filter((item) => item !== '')
}
