import type { onRequestHookHandler } from 'fastify'
import { allowsAddress } from '../platform/address-policy.ts'
import { HttpProblem } from '../platform/problem.ts'

/**
 * Refuses senders outside these addresses and ranges before anything else of the request is looked at: a stolen key alone then proves nothing.
 * Behind a proxy the sender's address is known only where TRUSTED_PROXIES names the proxy.
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
