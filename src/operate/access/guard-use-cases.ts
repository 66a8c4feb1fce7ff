import type { Permission } from '../../domain/roles.ts'
import type { OperatorUseCases } from '../use-cases.ts'
import { authorise } from './authorise.ts'
import type { Caller } from './caller.ts'
import { USE_CASE_PERMISSIONS } from './use-case-permissions.ts'

/** Finds the caller of a use case, from its arguments or from the request in progress. */
export type CallerOf = (args: readonly unknown[]) => Caller | Promise<Caller>

type UseCase = (...args: readonly unknown[]) => Promise<unknown>

/**
 * The use cases, each behind the permission that it needs. A refused one rejects with PermissionMissingError and runs nothing.
 * @throws TypeError for a use case without a declared permission
 */
export function guardUseCases(useCases: OperatorUseCases, callerOf: CallerOf): OperatorUseCases {
  const declared: Readonly<Record<string, Permission | null>> = USE_CASE_PERMISSIONS
  const guarded = Object.entries(useCases).map(([name, useCase]) => {
    const permission = declared[name]
    if (permission === undefined)
      throw new TypeError(`use case ${name} declares no permission: add it to src/operate/access/use-case-permissions.ts`)
    if (permission === null) return [name, useCase]
    const run: UseCase = async (...args) => {
      authorise(await callerOf(args), permission)
      return (useCase as UseCase)(...args)
    }
    return [name, run]
  })
  return Object.fromEntries(guarded) as OperatorUseCases // the same methods with the same parameters
}
