import { AsyncLocalStorage } from 'node:async_hooks'
import type { ActorKind } from '../../domain/actor.ts'
import type { Role } from '../../domain/roles.ts'

/** Who sends a request, after the credential was checked. */
export interface Caller {
  readonly kind: ActorKind
  /** The operator's name. For the token of the installation: `api`, until the request names a person. */
  readonly name: string
  readonly role: Role
}

const callers = new AsyncLocalStorage<Caller>()

/** Runs `work` for this caller: the guarded use cases that it calls, also later, ask for the caller's permissions. */
export function asCaller<Result>(caller: Caller, work: () => Result): Result {
  return callers.run(caller, work)
}

/** The caller of the request in progress. @throws TypeError outside of one: a use case behind the guard never runs for no caller */
export function currentCaller(): Caller {
  const caller = callers.getStore()
  if (!caller) throw new TypeError('a guarded use case was called outside of a request: run it inside asCaller')
  return caller
}
