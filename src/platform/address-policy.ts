import ipaddr from 'ipaddr.js'

/** Kinds of networks that a setting can allow as a whole. */
export const NETWORKS = ['public', 'private', 'loopback'] as const
export type Network = (typeof NETWORKS)[number]
/** Also the kinds where no ordinary service answers. `metadata` gives a cloud machine's credentials to any caller. */
export type AddressKind = Network | 'link-local' | 'metadata' | 'reserved'

/** Allowed addresses. `ranges` (CIDR notation) are allowed besides the networks. */
export interface AddressPolicy {
  networks: readonly Network[]
  ranges: readonly string[]
}

/** Every network. Link-local, reserved and metadata addresses belong to none. */
export const EVERY_NETWORK: AddressPolicy = { networks: NETWORKS, ranges: [] }

/** Metadata services that are not link-local: AWS by IPv6, Alibaba, Oracle, and Azure's, which has a public address. */
const METADATA = new Set(['fd00:ec2::254', '100.100.100.200', '192.0.0.192', '168.63.129.16'])

const KINDS: Readonly<Record<string, AddressKind>> = {
  unicast: 'public',
  private: 'private',
  uniqueLocal: 'private',
  carrierGradeNat: 'private',
  loopback: 'loopback',
  linkLocal: 'link-local',
}

/**
 * The kind of an address. An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) counts as itself, because the connection ends there.
 * @throws Error when the text is no address
 */
export function addressKind(address: string): AddressKind {
  const parsed = withinIpv6(ipaddr.parse(address.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')))
  if (METADATA.has(parsed.toString())) return 'metadata'
  return KINDS[parsed.range()] ?? 'reserved'
}

/** Whether the policy allows this address. False for a text that is no address. */
export function allowsAddress({ networks, ranges }: AddressPolicy, address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const kind = addressKind(address)
  if ((NETWORKS as readonly string[]).includes(kind) && networks.includes(kind as Network)) return true // `kind` is one of them
  const parsed = withinIpv6(ipaddr.parse(address))
  return ranges.some((range) => {
    const [network, bits] = ipaddr.parseCIDR(range)
    return network.kind() === parsed.kind() && parsed.match(network, bits)
  })
}

function withinIpv6(address: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (!(address instanceof ipaddr.IPv6)) return address
  const bytes = address.toByteArray()
  switch (address.range()) {
    case 'ipv4Mapped':
      return address.toIPv4Address()
    case 'rfc6052': // NAT64, 64:ff9b::/96: the last four bytes
      return new ipaddr.IPv4(bytes.slice(12))
    case '6to4': // 2002::/16: the four bytes after the prefix
      return new ipaddr.IPv4(bytes.slice(2, 6))
    default:
      return address
  }
}
