import type { FastifyRequest } from 'fastify'
import type { TokenGuard } from '../operate/access/token-guard.ts'
import { HttpProblem } from '../platform/problem.ts'

/**
 * A hook that refuses requests without `Authorization: Bearer <token>`, and sets the caller of the others.
 * @throws HttpProblem 401, or 429 after too many wrong tokens
 */
export function requireBearer(guard: TokenGuard): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const { headers, ip } = request
    const [, given] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? []
    if (given === undefined) throw new HttpProblem(401, 'TOKEN_MISSING', 'Send your token: Authorization: Bearer <token>.')
    const verdict = await guard.check(given, { address: ip, face: 'api' })
    if (verdict === 'wrong')
      throw new HttpProblem(401, 'TOKEN_REFUSED', 'Wrong operator token. Send the token of an operator, or the value of OPERATOR_TOKEN.')
    if ('ended' in verdict) throw new HttpProblem(401, 'TOKEN_ENDED', verdict.ended)
    if ('waitSeconds' in verdict) throw tooMany(verdict.waitSeconds)
    request.caller = verdict.caller
  }
}

function tooMany(retryAfterSeconds: number): HttpProblem {
  const detail = 'Too many wrong operator tokens from this address. Wait for the seconds in Retry-After.'
  return new HttpProblem(429, 'TOO_MANY_TOKENS', detail, { retryAfterSeconds })
}
