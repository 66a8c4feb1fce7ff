import type { FastifyRequest } from 'fastify'
import { isOperatorToken } from '../operate/operator-token.ts'
import { HttpProblem } from '../platform/problem.ts'

/** A hook that lets only requests with `Authorization: Bearer <token>` through. @throws HttpProblem 401 */
export function requireBearer(token: string): (request: FastifyRequest) => Promise<void> {
  return async ({ headers }) => {
    const [, given] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
    if (given === undefined) throw new HttpProblem(401, 'TOKEN_MISSING', 'Send the operator token: Authorization: Bearer <OPERATOR_TOKEN>.')
    if (!isOperatorToken(given, token)) throw new HttpProblem(401, 'TOKEN_REFUSED', 'This is not the operator token (OPERATOR_TOKEN).')
  }
}
