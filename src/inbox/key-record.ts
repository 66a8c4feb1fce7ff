/** `leaked`: an operator demoted the key, and only an operator promotes it. */
export interface Demotion {
  readonly at: Date
  readonly known: number
  readonly unknown: number
  readonly leaked?: { readonly by: string; readonly reason: string }
}

/** What is on record of one webhook key (table webhook_key). */
export interface KeyRecord {
  /** Authenticator and fingerprint, as `event show` prints it; never the key. */
  readonly slot: string
  /** Whether a running receiver accepts the key. Null: no receiver has said yet. */
  readonly accepted: boolean | null
  /** Its last delivery, duplicates included; to within the receivers' `KEY_USE_EVERY_MS`. */
  readonly lastUsedAt: Date | null
  /** Events of the key that were looked up at Paxos in the last 5 to 10 minutes: those that Paxos knew, and those that it did not. */
  readonly known: number
  readonly unknown: number
  /** Since when its unproven events are looked for in listings only, with the figures that led to it; null: the key is trusted. */
  readonly demoted: Demotion | null
}

/** Fewer look-ups say nothing about a key. */
export const DEMOTE_FROM_LOOKUPS = 50
/** A key is demoted when Paxos does not know more than this share of its events. */
export const DEMOTE_ABOVE = 0.2
/** A demoted key is trusted again when Paxos knew almost all of this many events at least. */
export const PROMOTE_FROM_LOOKUPS = 20
export const PROMOTE_BELOW = 0.05

/** What the figures say: `demote` a trusted key, `promote` a demoted one, or null for no change. Pure. */
export function judgeKey({ known, unknown, demoted }: Pick<KeyRecord, 'known' | 'unknown' | 'demoted'>): 'demote' | 'promote' | null {
  const lookups = known + unknown
  if (demoted?.leaked) return null
  if (demoted) return lookups >= PROMOTE_FROM_LOOKUPS && unknown <= lookups * PROMOTE_BELOW ? 'promote' : null
  return lookups >= DEMOTE_FROM_LOOKUPS && unknown > lookups * DEMOTE_ABOVE ? 'demote' : null
}
