import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import type { KeyRecord } from '../../inbox/key-record.ts'
import { listKeys, markLeaked, promoteKey } from '../../inbox/webhook-keys.ts'
import type { Perform } from '../audited.ts'
import { counted } from '../say/counted.ts'
import { relativeTime } from '../say/say-time.ts'

/** A webhook key, named by its slot and never shown itself. */
export interface KeyView {
  readonly slot: string
  /** Whether a running receiver accepts it; null: no receiver has said yet. */
  readonly accepted: boolean | null
  readonly lastUsedAt: Date | null
  /** Events looked up in the last 5 to 10 minutes that Paxos knew, and that it did not. */
  readonly known: number
  readonly unknown: number
  /** `demoted`: its unproven events are looked for in listings only. `leaked`: likewise, by an operator, until an operator promotes it. */
  readonly standing: 'trusted' | 'demoted' | 'leaked'
  readonly demotedAt: Date | null
  /** It was used, but not for a day, which is as long as Paxos retries; and another accepted key was used since. */
  readonly safeToDelete: boolean
}

export interface KeyUseCases {
  /** Every webhook key on record, by slot. */
  listKeys(): Promise<KeyView[]>
  /** Only Paxos's listing moves what the key brings, until an operator promotes it. Safe to repeat. Null: no such key. */
  leakKey(slot: string, why: { reason: string }, actor: Actor): Promise<KeyView | null>
  /** Trusts a demoted or leaked key again. Safe to repeat. Null: no such key. */
  promoteKey(slot: string, why: { reason: string }, actor: Actor): Promise<KeyView | null>
}

/** Paxos retries a delivery for 24 h. */
const RETRIES_END_AFTER_MS = 24 * 3_600_000

export function keyUseCases({ pool, perform, now }: { pool: Pool; perform: Perform; now: () => number }): KeyUseCases {
  const list = async (): Promise<KeyView[]> => viewKeys(await listKeys(pool), now())
  const find = async (slot: string): Promise<KeyView | null> => (await list()).find((key) => key.slot === slot) ?? null
  return {
    listKeys: list,
    leakKey: async (slot, { reason }, actor) => {
      if (!(await find(slot))) return null
      const leak = { by: actor.name, reason }
      await perform(actor, { action: 'key.leaked', target: slot, reason, entry: 'before' }, () => markLeaked(pool, slot, leak))
      return find(slot)
    },
    promoteKey: async (slot, { reason }, actor) => {
      if (!(await find(slot))) return null
      await perform(actor, { action: 'key.promote', target: slot, reason, entry: 'before' }, () => promoteKey(pool, slot, 'by-operator'))
      return find(slot)
    },
  }
}

function viewKeys(keys: readonly KeyRecord[], now: number): KeyView[] {
  const usedLately = ({ lastUsedAt }: KeyRecord): boolean => lastUsedAt !== null && now - lastUsedAt.getTime() < RETRIES_END_AFTER_MS
  return keys.map((key) => ({
    slot: key.slot,
    accepted: key.accepted,
    lastUsedAt: key.lastUsedAt,
    known: key.known,
    unknown: key.unknown,
    standing: key.demoted?.leaked ? 'leaked' : key.demoted ? 'demoted' : 'trusted',
    demotedAt: key.demoted?.at ?? null,
    safeToDelete: key.lastUsedAt !== null && !usedLately(key) && keys.some((other) => other.accepted === true && usedLately(other)),
  }))
}

/** `api-key-9f3a61c2: used 3 s ago; Paxos knew 12 of its last 12 events`. */
export function sayKey({ slot, accepted, lastUsedAt, known, unknown, standing, demotedAt, safeToDelete }: KeyView, now: Date): string {
  return [
    `${slot}: ${lastUsedAt ? `used ${relativeTime(lastUsedAt, now)}` : 'not used yet'}`,
    known + unknown === 0 ? null : `Paxos knew ${known} of its last ${counted(known + unknown, 'event')}`,
    demotedAt ? `${standing === 'leaked' ? 'marked as leaked' : 'demoted'} ${relativeTime(demotedAt, now)}` : null,
    accepted === false ? 'no running receiver accepts it' : safeToDelete ? 'safe to delete' : null,
  ]
    .filter((part) => part !== null)
    .join('; ')
}
