import { AppError } from '../platform/app-error.ts'
import type { RoleProcess, World } from './role-process.ts'

/** The running roles on this database use another queue or another Paxos than this process would. Gatehouse did nothing. */
export class OtherWorldError extends AppError {
  readonly code = 'OTHER_WORLD'
  readonly retry = 'never'
}

/** A second `gatehouse start` on one embedded database. */
export class AlreadyRunningError extends AppError {
  readonly code = 'ALREADY_RUNNING'
  readonly retry = 'never'
}

/** Differences between this process and the running ones: one sentence each that names both sides; empty: none. */
export function differences(mine: World, running: readonly RoleProcess[]): string[] {
  const other = running.find(({ queue }) => comparable(queue) !== comparable(mine.queue))
  const queue = other
    ? `The queue of the ${nameOf(other)} is on ${other.queue}; here it would be on ${mine.queue}. Set the same REDIS_URL (or none) as in that process.`
    : null
  const elsewhere = running.find(
    ({ upstream }) => upstream !== null && mine.upstream !== null && comparable(upstream) !== comparable(mine.upstream),
  )
  const upstream = elsewhere
    ? `The ${nameOf(elsewhere)} calls Paxos at ${elsewhere.upstream}; here it would be ${mine.upstream}. Set the same PAXOS_API_URL as in that process.`
    : null
  return [queue, upstream].filter((sentence) => sentence !== null)
}

/** @throws OtherWorldError naming both sides */
export function refuseOtherWorld(mine: World, running: readonly RoleProcess[]): void {
  const sentences = differences(mine, running)
  if (sentences.length > 0)
    throw new OtherWorldError(`${sentences.join(' ')} If this process is right, stop that one first. Nothing was done.`)
}

/** `worker (pid 4711 on host-a)`. */
export function nameOf({ role, pid, host }: Pick<RoleProcess, 'role' | 'pid' | 'host'>): string {
  return `${role === 'start' ? 'process of gatehouse start' : role} (pid ${pid} on ${host})`
}

/** A machine has several names for itself: they compare as equal. */
function comparable(address: string): string {
  return address.replace(/\blocalhost\b|\[::1\]/g, '127.0.0.1').replace(/\/+$/, '')
}
