import { randomUUID } from 'node:crypto'
import type { Pool } from 'pg'
import type { z } from 'zod'
import type { Actor } from '../../domain/actor.ts'
import { lesserRole, type Role } from '../../domain/roles.ts'
import { findToken, insertToken, listTokens, revokeToken, type TokenRecord } from '../../operators/operator-tokens.ts'
import {
  findOperator,
  insertOperator,
  listOperators,
  type OperatorKind,
  type OperatorRecord,
  removeOperator,
  updateRole,
} from '../../operators/operators.ts'
import { AppError } from '../../platform/app-error.ts'
import type { Perform } from '../audited.ts'
import { newToken } from './new-token.ts'
import type { CreateToken } from './operator-input.ts'
import { recogniseToken } from './recognise-token.ts'
import type { Recognised } from './token-guard.ts'

export type { TokenRecord } from '../../operators/operator-tokens.ts'
export type { OperatorRecord } from '../../operators/operators.ts'

/** There is no active operator of this name, or no such token. */
export class OperatorUnknownError extends AppError {
  readonly code = 'OPERATOR_UNKNOWN'
  readonly retry = 'never'
}

/** What the request wants does not fit what the operator is. */
export class OperatorStateError extends AppError {
  readonly code = 'OPERATOR_STATE'
  readonly retry = 'never'
}

/** A new token. `secret` is shown once and kept nowhere. */
export interface CreatedToken {
  readonly token: TokenRecord
  readonly secret: string
}

export interface OperatorAccessUseCases {
  /** All, also removed ones, by name. */
  listOperators(): Promise<OperatorRecord[]>
  /** Safe to repeat with the same role and kind. @throws OperatorStateError if the name is taken */
  addOperator(asked: { name: string; role: Role; kind: OperatorKind; reason: string }, actor: Actor): Promise<OperatorRecord>
  /** A smaller role ends the operator's sessions. Safe to repeat. @throws OperatorUnknownError, OperatorStateError */
  changeRole(name: string, asked: { role: Role; reason: string }, actor: Actor): Promise<OperatorRecord>
  /** Revokes the tokens and ends the sessions. Safe to repeat. @throws OperatorUnknownError */
  removeOperator(name: string, why: { reason: string }, actor: Actor): Promise<OperatorRecord>
  /** Newest first; of one operator, or of all. @throws OperatorUnknownError */
  listTokens(operator: string | null): Promise<TokenRecord[]>
  /** @throws OperatorUnknownError; OperatorStateError for a role beyond the operator's */
  createToken(operator: string, asked: z.output<typeof CreateToken>, actor: Actor): Promise<CreatedToken>
  /** Also ends the sessions that it opened. Safe to repeat. @throws OperatorUnknownError */
  revokeToken(id: string, why: { reason: string }, actor: Actor): Promise<TokenRecord>
  /** By the name in any spelling, also a removed one. For the check of a credential. */
  findOperator(name: string): Promise<OperatorRecord | null>
  /** Finds the operator whose token a request sent. For the check of a credential. */
  recogniseToken(given: string): Promise<Recognised>
}

interface Parts {
  pool: Pool
  perform: Perform
  /** Milliseconds since 1970. */
  now: () => number
}

/** Operators, their roles and their tokens. */
export function operatorUseCases(parts: Parts): OperatorAccessUseCases {
  const { pool } = parts
  return {
    listOperators: () => listOperators(pool),
    findOperator: (name) => findOperator(pool, name),
    recogniseToken: (given) => recogniseToken(pool, given, new Date(parts.now())),
    addOperator: (asked, actor) => addOperator(parts, asked, actor),
    changeRole: (name, asked, actor) => changeRole(parts, name, asked, actor),
    removeOperator: (name, why, actor) => remove(parts, name, why, actor),
    listTokens: async (operator) => listTokens(pool, operator === null ? null : (await known(pool, operator)).name),
    createToken: (operator, asked, actor) => createToken(parts, operator, asked, actor),
    revokeToken: (id, why, actor) => revoke(parts, id, why, actor),
  }
}

async function known(pool: Pool, name: string): Promise<OperatorRecord> {
  const found = await findOperator(pool, name)
  if (!found) throw new OperatorUnknownError(`There is no operator ${name}. GET /v1/operators or gatehouse operators list shows all.`)
  return found
}

async function active(pool: Pool, name: string): Promise<OperatorRecord> {
  const found = await known(pool, name)
  if (found.removedAt !== null) throw new OperatorStateError(`Operator ${found.name} was removed. Add the operator again first.`)
  return found
}

async function addOperator(
  { pool, perform, now }: Parts,
  { name, role, kind, reason }: Parameters<OperatorAccessUseCases['addOperator']>[0],
  actor: Actor,
): Promise<OperatorRecord> {
  const before = await findOperator(pool, name)
  if (before !== null && before.removedAt === null) {
    if (before.name === name && before.role === role && before.kind === kind) return before
    throw new OperatorStateError(
      `${before.name} is already an operator: ${before.kind}, role ${before.role}. Change the role, or choose another name.`,
    )
  }
  await perform(actor, { action: 'operator.add', target: name, reason, data: { role, kind }, entry: 'before' }, async () => {
    if (!(await insertOperator(pool, { name, role, kind, addedBy: actor.name, at: new Date(now()) })))
      throw new OperatorStateError(`The name ${name} belongs to another operator, perhaps to a removed one: choose another name.`)
  })
  return known(pool, name)
}

async function changeRole(
  { pool, perform }: Parts,
  name: string,
  { role, reason }: { role: Role; reason: string },
  actor: Actor,
): Promise<OperatorRecord> {
  const before = await active(pool, name)
  if (before.role === role) return before
  if (before.source === 'oidc')
    throw new OperatorStateError(`The role of ${before.name} comes from single sign-on (OIDC_ROLES): change the groups there.`)
  const endSessions = lesserRole(before.role, role) === role
  const rule = { action: 'operator.role', target: before.name, reason, data: { from: before.role, to: role }, entry: 'before' as const }
  await perform(actor, { ...rule, result: (sessions: number) => ({ data: { endedSessions: sessions } }) }, () =>
    updateRole(pool, before.name, { role, endSessions }),
  )
  return known(pool, before.name)
}

async function remove({ pool, perform, now }: Parts, name: string, { reason }: { reason: string }, actor: Actor): Promise<OperatorRecord> {
  const before = await known(pool, name)
  if (before.removedAt !== null) return before
  const rule = { action: 'operator.remove', target: before.name, reason, entry: 'before' as const }
  await perform(
    actor,
    {
      ...rule,
      result: (done: { tokens: number; sessions: number }) => ({ data: { revokedTokens: done.tokens, endedSessions: done.sessions } }),
    },
    () => removeOperator(pool, before.name, { by: actor.name, at: new Date(now()) }),
  )
  return known(pool, before.name)
}

async function createToken(
  { pool, perform, now }: Parts,
  operator: string,
  { label, role: asked, expires, reason }: z.output<typeof CreateToken>,
  actor: Actor,
): Promise<CreatedToken> {
  const owner = await active(pool, operator)
  const role = asked ?? owner.role
  if (lesserRole(role, owner.role) !== role)
    throw new OperatorStateError(`${owner.name} has the role ${owner.role}: a token can have this role or a smaller one, not ${role}.`)
  const { secret, hash } = newToken()
  const record = {
    id: randomUUID(),
    operator: owner.name,
    label,
    role,
    createdBy: actor.name,
    createdAt: new Date(now()),
    expiresAt: expires ?? null,
  }
  const data = { token: record.id, label, role, expiresAt: record.expiresAt }
  await perform(actor, { action: 'operator.token.create', target: owner.name, reason, data, entry: 'before' }, async () => {
    if (!(await insertToken(pool, { ...record, hash }))) throw new OperatorStateError(`Operator ${owner.name} was removed.`)
  })
  return { token: { ...record, lastUsedAt: null, revokedAt: null, revokedBy: null }, secret }
}

async function revoke({ pool, perform, now }: Parts, id: string, { reason }: { reason: string }, actor: Actor): Promise<TokenRecord> {
  const find = async (): Promise<TokenRecord> => {
    const token = await findToken(pool, id)
    if (!token) throw new OperatorUnknownError(`There is no token ${id}. gatehouse operators token list shows all.`)
    return token
  }
  const before = await find()
  if (before.revokedAt !== null) return before
  const rule = {
    action: 'operator.token.revoke',
    target: before.operator,
    reason,
    data: { token: id, label: before.label },
    entry: 'before' as const,
  }
  await perform(actor, rule, () => revokeToken(pool, id, { by: actor.name, at: new Date(now()) }))
  return find()
}
