import ipaddr from 'ipaddr.js'
import { type AddressPolicy, EVERY_NETWORK, NETWORKS, type Network } from '../platform/address-policy.ts'
import { isLoopback } from './loopback.ts'
import { list } from './value-schemas.ts'

/** Addresses that this process may connect to when it calls Paxos, your application and the receivers of alerts. */
export const OUTGOING = {
  OUTGOING_NETWORKS: list
    .transform((items, context): AddressPolicy => {
      const policy = policyOf(items)
      if (policy) return policy
      context.addIssue(`must list any of ${NETWORKS.join(', ')} and address ranges such as 10.1.0.0/16, separated by commas`)
      return { networks: [], ranges: [] }
    })
    .optional(),
}

type Values = NodeJS.Dict<string>
/** Variables with the addresses that this process calls. */
export const DESTINATIONS = [
  'PAXOS_API_URL',
  'PAXOS_TOKEN_URL',
  'SANDBOX_URL',
  'NOTIFY_WEBHOOK_URL',
  'ALERT_WEBHOOK_URL',
  'ALERT_SMTP_URL',
  'OIDC_ISSUER',
] as const

/**
 * The allowed addresses: as configured, else public and private networks. This machine itself is allowed outside production, and when a
 * destination was set to be on it: a name that leads to it is then no surprise.
 */
export function outgoingPolicy(set: Values): AddressPolicy {
  const asSet = set.OUTGOING_NETWORKS === undefined ? null : policyOf(list.parse(set.OUTGOING_NETWORKS))
  if (asSet) return asSet
  const here = set.NODE_ENV !== 'production' || DESTINATIONS.some((name) => isLoopback(set[name] ?? ''))
  return here ? EVERY_NETWORK : { networks: ['public', 'private'], ranges: [] }
}

function policyOf(items: readonly string[]): AddressPolicy | null {
  const isNetwork = (item: string): item is Network => (NETWORKS as readonly string[]).includes(item)
  const ranges = items.filter((item) => !isNetwork(item))
  if (items.length === 0 || !ranges.every((range) => ipaddr.isValidCIDR(range))) return null
  return { networks: items.filter(isNetwork), ranges }
}
