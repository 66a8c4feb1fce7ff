import { hash } from 'node:crypto'

/**
 * Everything that looks random in the simulator: a pure function of the seed and of what it is for, not of when it is asked.
 * Two runs with the same seed and the same calls therefore tell the same story even when their calls interleave differently,
 * and a restarted simulator gives a new `ref_id` a new id instead of repeating the ids of the run before.
 */
export class SeededRandom {
  #seed: number

  constructor(seed: number) {
    this.#seed = seed
  }

  get seed(): number {
    return this.#seed
  }

  reseed(seed: number): void {
    this.#seed = seed
  }

  /** A version 4 UUID. */
  uuid(...subject: readonly (string | number)[]): string {
    const hex = this.#hex(subject)
    const variant = '89ab'[Number.parseInt(hex.charAt(16), 16) % 4]
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
  }

  /** From 0 up to, never including, 1. */
  fraction(...subject: readonly (string | number)[]): number {
    return Number.parseInt(this.#hex(subject).slice(0, 13), 16) / 2 ** 52
  }

  #hex(subject: readonly (string | number)[]): string {
    return hash('sha256', `${this.#seed}\n${subject.join('\n')}`, 'hex')
  }
}
