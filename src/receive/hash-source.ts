import { createHmac, hkdfSync } from 'node:crypto'

/** 64 bits distinguish the addresses of a sender's network. Without the key an attacker cannot try all addresses. */
const HEX_DIGITS = 16

/**
 * Returns a function that hashes addresses with a key derived from `secret`: equal addresses have equal hashes on every receiver of the
 * installation.
 */
export function createSourceHash(secret: Buffer): (address: string) => string {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'gatehouse/webhook-source', 32))
  let last = { address: '', hash: '' } // Paxos sends from few addresses
  return (address) => {
    if (last.address !== address) last = { address, hash: createHmac('sha256', key).update(address).digest('hex').slice(0, HEX_DIGITS) }
    return last.hash
  }
}
