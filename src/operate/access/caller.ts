import { AsyncLocalStorage } from 'node:async_hooks'
import type { Actor, ActorKind } from '../../domain/actor.ts'
import type { Role } from '../../domain/roles.ts'

/** What a caller proved itself with. `bootstrap`: OPERATOR_TOKEN, also in a session. */
export type Credential =
  | { readonly kind: 'bootstrap' }
  | { readonly kind: 'token'; readonly id: string; readonly label: string }
  | { readonly kind: 'session'; readonly source: 'token' | 'oidc' }

/** Who sends a request, after the credential was checked. */
export interface Caller {
  readonly kind: ActorKind
  /** The operator's name. For the token of the installation: `api`, until the request names a person. */
  readonly name: string
  readonly role: Role
  readonly credential: Credential
}

/** The caller as the audit names it: with the token, so that the acts of a stolen one can be found. */
export function actorOf({ kind, name, credential }: Caller): Actor {
  return credential.kind === 'token' ? { kind, name, via: `token ${credential.id}` } : { kind, name }
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
