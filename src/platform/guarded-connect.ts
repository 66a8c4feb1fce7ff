import { lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { type AddressPolicy, addressKind, allowsAddress } from './address-policy.ts'
import { AppError } from './app-error.ts'

/** The policy forbids a connection to the server's address. Nothing was sent. */
export class AddressNotAllowedError extends AppError {
  readonly code = 'ADDRESS_NOT_ALLOWED'
  readonly retry = 'snooze'
  constructor(host: string, addresses: readonly string[]) {
    const found = addresses.map((address) => `${address} (${addressKind(address)})`).join(', ')
    super(`${host} is at ${found}, which OUTGOING_NETWORKS does not allow`)
  }
}

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
    // Node does not call the look-up for a host that is an address already.
    if (isIP(host) !== 0 && !allowsAddress(policy, host)) return callback(new AddressNotAllowedError(host, [host]), null)
    connect(options, callback)
  }
}

function guardedLookup(policy: AddressPolicy, lookup: LookupFunction): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '')
      const addresses = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found
      const allowed = addresses.filter(({ address }) => allowsAddress(policy, address))
      const [first] = allowed
      if (!first) {
        return callback(
          new AddressNotAllowedError(
            host,
            addresses.map(({ address }) => address),
          ),
          '',
        )
      }
      if (options.all) return callback(null, allowed)
      callback(null, first.address, first.family)
    })
  }
}
