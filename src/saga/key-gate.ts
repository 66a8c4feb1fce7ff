import type { KeyRecord } from '../inbox/key-record.ts'
import type { TakenReads } from '../inbox/take-reads.ts'
import type { KeyTurn, Lookups } from '../inbox/webhook-keys.ts'
import { PaxosNotFoundError } from '../paxos/paxos-errors.ts'
import { errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import { createReadPermits } from './read-permits.ts'

/** Bounds what the events of one webhook key may cost before Paxos has confirmed them (F50). */
export interface KeyGate {
  /**
   * Makes a single read within the quota of the key. Resolves to null, without a call, where the quota is used up or the key is demoted. A read
   * of an event that Paxos knows costs no quota.
   */
  readSingly<T>(slot: string, read: () => Promise<T>): Promise<T | null>
  /** An event of the key was looked up: Paxos knew it, or it was parked because Paxos does not. */
  lookedUp(slot: string, as: 'known' | 'unknown'): void
  /** Writes what is counted and not yet written. */
  close(): Promise<void>
}

/** Where all workers keep what they know of the keys. */
export interface KeyStore {
  takeReads(slot: string, wanted: number): Promise<TakenReads>
  countLookups(lookups: readonly Lookups[]): Promise<{ keys: KeyRecord[]; turns: KeyTurn[] }>
}

/** How old this worker's knowledge of a demotion may be, and how much of its counts dies with it. */
const COUNT_EVERY_MS = 1_000

/** The gate of one worker. What it knows of the keys may be 1 s older than the store. */
export function createKeyGate({ store, logger, now = Date.now }: { store: KeyStore; logger: Logger; now?: () => number }): KeyGate {
  const demoted = new Set<string>()
  let counted = new Map<string, Lookups>()
  const permits = createReadPermits({
    now,
    take: async (slot, wanted) => {
      const taken = await store.takeReads(slot, wanted)
      if (taken.demoted) demoted.add(slot)
      return taken.granted
    },
  })

  async function writeCounts(): Promise<void> {
    if (counted.size === 0) return
    const lookups = [...counted.values()]
    counted = new Map()
    try {
      const { keys, turns } = await store.countLookups(lookups)
      for (const { slot, demoted: demotion } of keys) {
        if (demotion) demoted.add(slot)
        else demoted.delete(slot)
      }
      for (const turn of turns) sayTurn(logger, turn)
    } catch (error) {
      logger.warn({ reason: errorMessage(error) }, 'look-ups of webhook keys could not be counted')
    }
  }
  let writing: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    writing = writing.then(writeCounts)
  }, COUNT_EVERY_MS).unref()

  return {
    async readSingly(slot, read) {
      if (demoted.has(slot) || !(await permits.take(slot))) return null
      try {
        const found = await read()
        permits.giveBack(slot)
        return found
      } catch (error) {
        // An outage says nothing about the event, so only an answer that it does not exist costs the key its permit.
        if (!(error instanceof PaxosNotFoundError)) permits.giveBack(slot)
        throw error
      }
    },
    lookedUp(slot, as) {
      const lookups = counted.get(slot) ?? { slot, known: 0, unknown: 0 }
      lookups[as] += 1
      counted.set(slot, lookups)
    },
    async close() {
      clearInterval(timer)
      await writing
      await writeCounts()
    },
  }
}

function sayTurn(logger: Logger, { turn, key }: KeyTurn): void {
  const { slot: keySlot, known, unknown } = key
  if (turn === 'promote') logger.info({ keySlot, known, unknown }, 'a webhook key is trusted again: Paxos knows its events')
  else
    logger.error(
      { keySlot, known, unknown },
      'a webhook key is demoted: Paxos does not know its events, which are looked for in listings only; exchange it if it was stolen',
    )
}
