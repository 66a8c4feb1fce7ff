import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { HttpProblem } from '../platform/problem.ts'

/** Whether it is the token, in a time that says nothing about how much of it is right. */
export function isOperatorToken(given: string, token: string): boolean {
  return timingSafeEqual(sha256(given), sha256(token))
}

/** A hook that lets only requests with `Authorization: Bearer <token>` through. @throws HttpProblem 401 */
export function requireBearer(token: string): (request: FastifyRequest) => Promise<void> {
  return async ({ headers }) => {
    const [, given] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
    if (given === undefined) throw new HttpProblem(401, 'TOKEN_MISSING', 'Send the operator token: Authorization: Bearer <OPERATOR_TOKEN>.')
    if (!isOperatorToken(given, token)) throw new HttpProblem(401, 'TOKEN_REFUSED', 'This is not the operator token (OPERATOR_TOKEN).')
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
