import { lookup as systemLookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import type { AddressPolicy } from './address-policy.ts'
import { addressRefusal, guardedLookup } from './guarded-lookup.ts'

export interface GuardedConnectOptions {
  policy: AddressPolicy
  /** Timeout for name look-up, TCP and TLS together, milliseconds. */
  timeoutMs: number
  /** Looks names up; the system's look-up by default. */
  lookup?: LookupFunction
}

/**
 * Connects an undici pool only to addresses that the policy allows. The check sits in the socket's own look-up: the checked address is the
 * one that is connected to, so a name that changes its address between check and connection (DNS rebinding) gains nothing. It uses no
 * proxy: undici's pools read none from the environment. TLS certificates are verified, also against the CAs of `NODE_EXTRA_CA_CERTS`.
 */
export function guardedConnect({ policy, timeoutMs, lookup = systemLookup }: GuardedConnectOptions): buildConnector.connector {
  const connect = buildConnector({ timeout: timeoutMs, allowH2: false, lookup: guardedLookup(policy, lookup) })
  return (options, callback) => {
    const host = options.hostname.replace(/^\[(.*)\]$/, '$1')
    const refused = addressRefusal(policy, host)
    if (refused) return callback(refused, null)
    connect(options, callback)
  }
}
