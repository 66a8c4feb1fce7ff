import { isIP, type LookupFunction } from 'node:net'
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

/** A look-up for sockets that returns only addresses that the policy allows. Node does not call it for a host that is an address already. */
export function guardedLookup(policy: AddressPolicy, lookup: LookupFunction): LookupFunction {
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

/** The refusal of a host that is an address and not allowed; null: a name, or allowed. */
export function addressRefusal(policy: AddressPolicy, host: string): AddressNotAllowedError | null {
  return isIP(host) !== 0 && !allowsAddress(policy, host) ? new AddressNotAllowedError(host, [host]) : null
}
