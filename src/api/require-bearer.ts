import type { FastifyRequest } from 'fastify'
import type { TokenGuard } from '../operate/access/token-guard.ts'
import { HttpProblem } from '../platform/problem.ts'

/** A hook that refuses requests without `Authorization: Bearer <token>`. @throws HttpProblem 401, or 429 after too many wrong tokens */
export function requireBearer(guard: TokenGuard): (request: FastifyRequest) => Promise<void> {
  return async ({ headers, ip }) => {
    const [, given] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
    if (given === undefined) throw new HttpProblem(401, 'TOKEN_MISSING', 'Send the operator token: Authorization: Bearer <OPERATOR_TOKEN>.')
    const verdict = guard.check(given, { address: ip, face: 'api' })
    if (verdict === 'right') return
    if (verdict === 'wrong') throw new HttpProblem(401, 'TOKEN_REFUSED', 'Wrong operator token. Send the value of OPERATOR_TOKEN.')
    throw new HttpProblem(
      429,
      'TOO_MANY_TOKENS',
      'Too many wrong operator tokens from this address. Wait for the seconds in Retry-After.',
      {
        retryAfterSeconds: verdict.waitSeconds,
      },
    )
  }
}
