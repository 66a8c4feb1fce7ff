import type { onRequestHookHandler } from 'fastify'
import { allowsAddress } from '../platform/address-policy.ts'
import { HttpProblem } from '../platform/problem.ts'

/**
 * Refuses senders outside these addresses and ranges before any other check, so a stolen key alone is not enough. Behind a proxy the
 * sender's address is known only if TRUSTED_PROXIES names the proxy.
 */
export function allowSenders(ranges: readonly string[]): onRequestHookHandler {
  const policy = { networks: [], ranges }
  return (request, _reply, done) => {
    if (allowsAddress(policy, request.ip)) return done()
    done(
      new HttpProblem(
        403,
        'SENDER_ADDRESS_REFUSED',
        'Webhooks from this address are refused. WEBHOOK_ALLOWED_ADDRESSES lists the allowed addresses.',
      ),
    )
  }
}
