import { createHash } from 'node:crypto'

/**
 * Finds keys that a file repeats. It keeps 8 bytes of a hash and the number of the line for each key, in arrays that double: 100,000 keys take
 * about 3 MB. The hashes of two keys are equal by chance once in about 4 billion files of that size.
 */
export class SeenKeys {
  #hashes = new BigUint64Array(1_024)
  #lines = new Uint32Array(1_024)
  #size = 0

  /** The number of the line that had this key before; null for a new key, which it keeps. */
  firstLineOf(key: string, line: number): number | null {
    if (this.#size * 2 >= this.#hashes.length) this.#grow()
    const hash = hashOf(key)
    const at = this.#place(hash)
    if (this.#lines[at] !== 0) return this.#lines[at] ?? null
    this.#hashes[at] = hash
    this.#lines[at] = line
    this.#size += 1
    return null
  }

  /** Where the hash is, or the free place for it. A line number is never 0, so 0 marks a free place. */
  #place(hash: bigint): number {
    const mask = this.#hashes.length - 1
    let at = Number(hash & BigInt(mask))
    while (this.#lines[at] !== 0 && this.#hashes[at] !== hash) at = (at + 1) & mask
    return at
  }

  #grow(): void {
    const [hashes, lines] = [this.#hashes, this.#lines]
    this.#hashes = new BigUint64Array(hashes.length * 2)
    this.#lines = new Uint32Array(hashes.length * 2)
    for (const [from, line] of lines.entries()) {
      if (line === 0) continue
      const at = this.#place(hashes[from] ?? 0n)
      this.#hashes[at] = hashes[from] ?? 0n
      this.#lines[at] = line
    }
  }
}

function hashOf(key: string): bigint {
  return createHash('sha256').update(key).digest().readBigUInt64LE(0)
}
