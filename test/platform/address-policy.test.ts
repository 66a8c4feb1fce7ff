import { describe, expect, it } from 'vitest'
import { type AddressKind, addressKind, allowsAddress, EVERY_NETWORK } from '../../src/platform/address-policy.ts'

const KINDS: [AddressKind, string[]][] = [
  ['public', ['8.8.8.8', '1.1.1.1', '2606:4700::1111']],
  ['private', ['10.0.0.1', '172.16.3.4', '192.168.1.1', '100.64.0.1', 'fd12:3456::1']],
  ['loopback', ['127.0.0.1', '127.255.0.9', '::1']],
  ['link-local', ['169.254.169.254', '169.254.0.1', 'fe80::1', 'fe80::1%eth0']],
  ['metadata', ['100.100.100.200', '192.0.0.192', '168.63.129.16', 'fd00:ec2::254']],
  ['reserved', ['0.0.0.0', '::', '255.255.255.255', '224.0.0.1', '240.0.0.1', '198.51.100.7', 'ff02::1', '2001:db8::1']],
]

describe('the kind of an address', () => {
  it.each(KINDS.flatMap(([kind, addresses]) => addresses.map((address) => [address, kind] as const)))('of %s is %s', (address, kind) => {
    expect(addressKind(address)).toBe(kind)
  })

  it.each([
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:169.254.169.254', 'link-local'],
    ['64:ff9b::a9fe:a9fe', 'link-local'],
    ['64:ff9b::a00:1', 'private'],
    ['2002:7f00:1::', 'loopback'],
    ['2002:a9fe:a9fe::1', 'link-local'],
    ['::ffff:8.8.8.8', 'public'],
    ['[::1]', 'loopback'],
  ] as const)('of %s, an IPv4 address written in IPv6, is %s', (address, kind) => {
    expect(addressKind(address)).toBe(kind)
  })
})

describe('an address policy', () => {
  it('never allows link-local, metadata and reserved addresses, not even for every network', () => {
    const refused = KINDS.filter(([, addresses]) => addresses.some((address) => !allowsAddress(EVERY_NETWORK, address)))
    expect(refused.map(([kind]) => kind)).toEqual(['link-local', 'metadata', 'reserved'])
  })

  it('with a range allows every address in it, of any kind, and no other', () => {
    const policy = { networks: [], ranges: ['10.1.0.0/16', 'fd00::/8', '169.254.10.0/24'] }
    for (const address of ['10.1.255.1', 'fd00:1::1', '169.254.10.9', '::ffff:10.1.0.1']) expect(allowsAddress(policy, address)).toBe(true)
    for (const address of ['10.2.0.1', '8.8.8.8', '169.254.169.254', 'fe80::1', '127.0.0.1'])
      expect(allowsAddress(policy, address)).toBe(false)
  })

  it('does not allow a text that is not an address', () => {
    for (const text of ['', 'localhost', '1.2.3.4.5', '::g']) expect(allowsAddress(EVERY_NETWORK, text)).toBe(false)
  })
})
