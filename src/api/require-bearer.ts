import type { FastifyRequest } from 'fastify'
import type { TokenGuard } from '../operate/token-guard.ts'
import { HttpProblem } from '../platform/problem.ts'

/** A hook that lets only requests with `Authorization: Bearer <token>` through. @throws HttpProblem 401, or 429 after too many wrong tokens */
export function requireBearer(guard: TokenGuard): (request: FastifyRequest) => Promise<void> {
  return async ({ headers, ip }) => {
    const [, given] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
    if (given === undefined) throw new HttpProblem(401, 'TOKEN_MISSING', 'Send the operator token: Authorization: Bearer <OPERATOR_TOKEN>.')
    const verdict = guard.check(given, { address: ip, face: 'api' })
    if (verdict === 'right') return
    if (verdict === 'wrong') throw new HttpProblem(401, 'TOKEN_REFUSED', 'This is not the operator token (OPERATOR_TOKEN).')
    throw new HttpProblem(429, 'TOO_MANY_TOKENS', 'Too many wrong operator tokens. Wait before you send another one.', {
      retryAfterSeconds: verdict.waitSeconds,
    })
  }
}
