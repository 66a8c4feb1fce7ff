import { PERMISSIONS, type Permission, permits, rolesWith } from '../../domain/roles.ts'
import { AppError } from '../../platform/app-error.ts'
import { GATEHOUSE } from '../../platform/command-name.ts'
import type { Caller } from './caller.ts'

/** The caller's role does not have the permission. Names the permission and who can grant it. */
export class PermissionMissingError extends AppError {
  readonly code = 'PERMISSION_MISSING'
  readonly retry = 'never'
  readonly permission: Permission
  constructor(caller: Pick<Caller, 'name' | 'role'>, permission: Permission) {
    super(sayMissing(caller, permission))
    this.permission = permission
  }
}

/** @throws PermissionMissingError */
export function authorise(caller: Pick<Caller, 'name' | 'role'>, permission: Permission): void {
  if (!permits(caller.role, permission)) throw new PermissionMissingError(caller, permission)
}

/** `The role viewer of ada lacks the permission replay.plan (plan a replay). …` */
export function sayMissing({ name, role }: Pick<Caller, 'name' | 'role'>, permission: Permission): string {
  const roles = rolesWith(permission)
  const having =
    roles.length === 1 ? `Only the role ${roles[0]} has it` : `The roles ${roles.slice(0, -1).join(', ')} and ${roles.at(-1)} have it`
  return (
    `The role ${role} of ${name} lacks the permission ${permission} (${PERMISSIONS[permission]}). ${having}. ` +
    `An admin can grant it: page Operators, or ${GATEHOUSE} operators role.`
  )
}
