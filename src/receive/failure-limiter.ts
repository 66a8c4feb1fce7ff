import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Failed authentications of one address in the window before it must wait. */
const MAX_FAILURES = 100
const WINDOW_MS = 60_000

/** Counts failed authentications by address. Only failures are counted and limited: an authenticated sender is never refused. */
export interface FailureLimiter {
  /** `null`: within the limit. Else seconds to wait. */
  recordFailure(request: FastifyRequest): Promise<number | null>
}

export async function createFailureLimiter(app: FastifyInstance): Promise<FailureLimiter> {
  await app.register(rateLimit, { global: false })
  const limit = app.createRateLimit({ max: MAX_FAILURES, timeWindow: WINDOW_MS })
  return {
    recordFailure: async (request) => {
      const state = await limit(request)
      return !state.isAllowed && state.isExceeded ? state.ttlInSeconds : null
    },
  }
}
