import ipaddr from 'ipaddr.js'

/** Kinds of networks that a setting can allow as a whole. */
export const NETWORKS = ['public', 'private', 'loopback'] as const
export type Network = (typeof NETWORKS)[number]
/** Besides those: what no service of anyone's should answer at. `metadata` hands out the credentials of a cloud machine to whoever asks. */
export type AddressKind = Network | 'link-local' | 'metadata' | 'reserved'

/** Which addresses are allowed. `ranges` allows more than the networks, in CIDR notation. */
export interface AddressPolicy {
  networks: readonly Network[]
  ranges: readonly string[]
}

/** Every network, and so nothing that is link-local, reserved or a cloud's metadata. */
export const EVERY_NETWORK: AddressPolicy = { networks: NETWORKS, ranges: [] }

/** The metadata services of clouds that are not link-local: AWS by IPv6, Alibaba, Oracle, and Azure's, which lies among public addresses. */
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
 * What kind of address this is. An IPv4 address that is written within an IPv6 one (mapped, NAT64, 6to4) counts as itself, because that is
 * where a connection to it ends.
 * @throws Error when the text is no address
 */
export function addressKind(address: string): AddressKind {
  const parsed = withinIpv6(ipaddr.parse(address.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')))
  if (METADATA.has(parsed.toString())) return 'metadata'
  return KINDS[parsed.range()] ?? 'reserved'
}

/** Whether the policy allows this address. Text that is no address is not allowed. */
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
    case '6to4': // 2002::/16: the four bytes behind the prefix
      return new ipaddr.IPv4(bytes.slice(2, 6))
    default:
      return address
  }
}
