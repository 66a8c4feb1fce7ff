import { createHmac, hkdfSync } from 'node:crypto'

/** 64 bits tell the addresses of one sender's network apart, and the key keeps anyone without it from trying all of them. */
const HEX_DIGITS = 16

/** A function that hashes addresses under a key derived from `secret`: equal for equal addresses, on every receiver of the installation. */
export function createSourceHash(secret: Buffer): (address: string) => string {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'gatehouse/webhook-source', 32))
  let last = { address: '', hash: '' } // Paxos sends from few addresses
  return (address) => {
    if (last.address !== address) last = { address, hash: createHmac('sha256', key).update(address).digest('hex').slice(0, HEX_DIGITS) }
    return last.hash
  }
}
