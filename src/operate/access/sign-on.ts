import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import { lesserRole, ROLES, type Role } from '../../domain/roles.ts'
import { findOperatorBySubject, insertSignedOn, type OperatorRecord, updateRole } from '../../operators/operators.ts'
import type { SignedOn } from '../../operators/single-sign-on.ts'
import { AppError } from '../../platform/app-error.ts'
import type { Perform } from '../audited.ts'
import { NAME_RULE, OperatorName } from './operator-name.ts'

export type { SignedOn, SignOn } from '../../operators/single-sign-on.ts'

/** The provider vouches for the person, and Gatehouse lets the person not in. */
export class SignOnRefusedError extends AppError {
  readonly code = 'SIGN_ON_REFUSED'
  readonly retry = 'never'
}

export interface SignOnUseCases {
  /**
   * The operator of a person who signed on: added at the first login, with the role of now. A smaller role than before ends the sessions.
   * @throws SignOnRefusedError without a role, for a name that is taken, and for a removed operator
   */
  admitSignedOn(person: SignedOn, roles: Readonly<Record<string, Role>>): Promise<OperatorRecord>
  /** Records refused logins by single sign-on in the audit. */
  recordRefusedSignOn(seen: { count: number; code: string; network: string }): Promise<void>
}

const MACHINE: Actor = { kind: 'machine', name: 'gatehouse' }

interface Parts {
  pool: Pool
  perform: Perform
  /** Milliseconds since 1970. */
  now: () => number
}

export function signOnUseCases(parts: Parts): SignOnUseCases {
  return {
    admitSignedOn: async (person, roles) => {
      const role = roleOf(person.groups, roles)
      if (role === null) throw new SignOnRefusedError('You have no role here: none of your groups stands in OIDC_ROLES. Ask an admin.')
      const known = await findOperatorBySubject(parts.pool, person.subject)
      if (known === null) return addSignedOn(parts, person, role)
      if (known.removedAt !== null) throw new SignOnRefusedError(`The operator ${known.name} was removed. Ask an admin.`)
      return known.role === role ? known : changeRole(parts, known, role)
    },
    recordRefusedSignOn: ({ count, code, network }) =>
      parts.perform(
        MACHINE,
        { action: 'session.refused', target: 'oidc', reason: null, data: { count, code, network }, entry: 'before' },
        async () => undefined,
      ),
  }
}

/** The largest role of the groups; null: none has one. */
function roleOf(groups: readonly string[], roles: Readonly<Record<string, Role>>): Role | null {
  const given = groups.flatMap((group) => (Object.hasOwn(roles, group) ? [roles[group]] : []))
  return ROLES.findLast((role) => given.includes(role)) ?? null
}

async function addSignedOn({ pool, perform, now }: Parts, { subject, name: claimed }: SignedOn, role: Role): Promise<OperatorRecord> {
  const name = OperatorName.safeParse(claimed)
  if (!name.success) throw new SignOnRefusedError(`The claim of OIDC_NAME_CLAIM must hold a name of ${NAME_RULE}.`)
  const rule = {
    action: 'operator.add',
    target: name.data,
    reason: null,
    data: { role, kind: 'person', by: 'oidc' },
    entry: 'before' as const,
  }
  return perform(MACHINE, rule, async () => {
    await insertSignedOn(pool, { name: name.data, role, subject, at: new Date(now()) })
    const added = await findOperatorBySubject(pool, subject)
    if (added) return added
    throw new SignOnRefusedError(`The name ${name.data} belongs to another operator. Ask an admin: OIDC_NAME_CLAIM must tell people apart.`)
  })
}

async function changeRole(
  { pool, perform }: Parts,
  { name, role: from, ...operator }: OperatorRecord,
  role: Role,
): Promise<OperatorRecord> {
  const rule = { action: 'operator.role', target: name, reason: null, data: { from, to: role, by: 'oidc' }, entry: 'before' as const }
  await perform(MACHINE, rule, () => updateRole(pool, name, { role, endSessions: lesserRole(from, role) === role }))
  return { ...operator, name, role }
}
