import { z } from 'zod'
import { permissionsOf } from '../domain/roles.ts'
import { currentCaller } from '../operate/access/caller.ts'
import { AddOperator, ChangeRole, CreateToken, RemoveOperator, RevokeToken } from '../operate/access/operator-input.ts'
import { OperatorName } from '../operate/access/operator-name.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

const NameParams = z.strictObject({ name: OperatorName })
const TokenParams = z.strictObject({
  token_id: z.guid('must be an id such as 7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10').transform((id) => id.toLowerCase()),
})
const UNKNOWN = 'Unknown operator or token (OPERATOR_UNKNOWN).'
const AUDITED = 'The audit records it before it runs.'
const ANSWER = { 200: { description: 'The operator.', schema: 'Operator' } } as const

/** Operators, their roles and their tokens. */
export function operatorRoutesOf(useCases: OperatorUseCases): ApiRoute[] {
  return [whoami(), ...managing(useCases), ...tokenRoutes(useCases)]
}

function whoami(): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/whoami',
    permission: 'status.read',
    summary: 'Get the caller: name, role and permissions',
    answers: { 200: { description: 'The caller of this request.', schema: 'Whoami' } },
    handle: async () => {
      const { name, kind, role } = currentCaller()
      return { status: 200, body: { name, kind, role, permissions: permissionsOf(role) } }
    },
  })
}

function managing(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/operators',
      permission: 'operator.manage',
      summary: 'List operators with their roles, also removed ones',
      answers: { 200: { description: 'The operators.', schema: 'OperatorList' } },
      handle: async () => ({ status: 200, body: { items: await useCases.listOperators() } }),
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/operators',
      permission: 'operator.manage',
      summary: 'Add an operator with a role',
      description: `The name is then the operator's own: OPERATOR_TOKEN may no longer be used under it. ${AUDITED} Safe to repeat.`,
      body: AddOperator,
      answers: ANSWER,
      refusals: { 409: 'The name is taken (OPERATOR_STATE).' },
      handle: async ({ body, actor }) => ({ status: 200, body: await useCases.addOperator(body, actor) }),
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/operators/{name}/role',
      permission: 'operator.manage',
      summary: 'Change the role of an operator',
      description: `It counts from the next request. A smaller role ends the operator's sessions. ${AUDITED} Safe to repeat.`,
      params: NameParams,
      body: ChangeRole,
      answers: ANSWER,
      refusals: { 404: UNKNOWN, 409: 'The operator was removed, or single sign-on decides the role (OPERATOR_STATE).' },
      handle: async ({ params, body, actor }) => ({ status: 200, body: await useCases.changeRole(params.name, body, actor) }),
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/operators/{name}/remove',
      permission: 'operator.manage',
      summary: 'Remove an operator',
      description: `Revokes the operator's tokens and ends the sessions. ${AUDITED} Safe to repeat.`,
      params: NameParams,
      body: RemoveOperator,
      answers: ANSWER,
      refusals: { 404: UNKNOWN },
      handle: async ({ params, body, actor }) => ({ status: 200, body: await useCases.removeOperator(params.name, body, actor) }),
    }),
  ]
}

function tokenRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/operators/{name}/tokens',
      permission: 'operator.manage',
      summary: 'List the tokens of an operator with their last use, also revoked ones',
      params: NameParams,
      answers: { 200: { description: 'The tokens.', schema: 'OperatorTokenList' } },
      refusals: { 404: UNKNOWN },
      handle: async ({ params }) => ({ status: 200, body: { items: await useCases.listTokens(params.name) } }),
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/operators/{name}/tokens',
      permission: 'operator.manage',
      summary: 'Create a token for an operator',
      description: `The answer shows the token once; Gatehouse keeps its hash. Each request creates another token. ${AUDITED}`,
      params: NameParams,
      body: CreateToken,
      answers: { 201: { description: 'The token.', schema: 'CreatedToken' } },
      refusals: { 404: UNKNOWN, 409: "The operator was removed, or the role is beyond the operator's (OPERATOR_STATE)." },
      handle: async ({ params, body, actor }) => ({ status: 201, body: await useCases.createToken(params.name, body, actor) }),
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/operators/tokens/{token_id}/revoke',
      permission: 'operator.manage',
      summary: 'Revoke a token',
      description: `Requests with it are refused from now on, and the sessions that it opened end. ${AUDITED} Safe to repeat.`,
      params: TokenParams,
      body: RevokeToken,
      answers: { 200: { description: 'The token.', schema: 'OperatorToken' } },
      refusals: { 404: UNKNOWN },
      handle: async ({ params, body, actor }) => ({ status: 200, body: await useCases.revokeToken(params.token_id, body, actor) }),
    }),
  ]
}
