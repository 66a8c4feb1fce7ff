import type { Operation } from '../api/operations.ts'

/** The outcome of one call of an operation. */
export type CallOutcome =
  | 'answered'
  | 'fault-answered'
  | 'acted-then-answered'
  | 'acted-then-dropped'
  | 'acted-then-silent'
  | 'dropped'
  | 'silent'

/** Known ids that a call concerned. None is personal data. */
export interface CallSubject {
  refId?: string
  identityId?: string
  accountId?: string
  eventId?: string
  profileId?: string
  orderId?: string
}

export type DeliveryOutcome = 'delivered' | 'refused' | 'timed-out' | 'unreachable' | 'unauthenticated'

/** One entry of the story. `status` of a call is the status sent, null when nothing was sent. */
export type StoryEntry =
  | ({ kind: 'call'; operation: Operation; status: number | null; outcome: CallOutcome; durationMs: number } & CallSubject)
  | { kind: 'identity-created'; identityId: string; refId: string | null }
  | { kind: 'status-changed'; identityId: string; from: string; to: string }
  | { kind: 'account-created'; accountId: string; identityId: string; refId: string | null; profileId: string | null }
  | { kind: 'deposit'; depositId: string; profileId: string; asset: string; amount: string }
  | { kind: 'transfer'; transferId: string; profileId: string; type: string; status: string }
  | { kind: 'quote-executed' | 'quote-settled'; quoteExecutionId: string; profileId: string; refId: string | null }
  | { kind: 'order-created'; orderId: string; profileId: string; refId: string | null; accountId: string | null }
  | { kind: 'order-closed'; orderId: string; profileId: string; refId: string | null; status: string; filled: string }
  | { kind: 'execution'; executionId: string; orderId: string; profileId: string; amount: string; price: string }
  | { kind: 'execution-busted'; executionId: string; orderId: string; profileId: string }
  | { kind: 'event-emitted'; eventId: string; type: string; identityId: string | null; isTest: boolean }
  | {
      kind: 'delivery'
      eventId: string
      type: string
      attempt: number
      copy: boolean
      outcome: DeliveryOutcome
      status: number | null
      durationMs: number
    }
  | { kind: 'delivery-lost' | 'delivery-abandoned'; eventId: string; type: string }
  | { kind: 'control'; action: string }

export type StoryKind = StoryEntry['kind']
export const STORY_KINDS = [
  'call',
  'identity-created',
  'status-changed',
  'account-created',
  'deposit',
  'transfer',
  'quote-executed',
  'quote-settled',
  'order-created',
  'order-closed',
  'execution',
  'execution-busted',
  'event-emitted',
  'delivery',
  'delivery-lost',
  'delivery-abandoned',
  'control',
] as const satisfies readonly StoryKind[]

export type Told<E extends StoryEntry = StoryEntry> = E & { seq: number; atMs: number }

/**
 * The append-only log of all that happened: the reference for a checker of histories. `seq` starts at 1 and has no gaps. Above the capacity
 * the oldest tenth is dropped. `dropped` counts dropped entries, so that a checker notices them.
 */
export class StoryLog {
  #entries: Told[] = []
  #capacity: number
  #dropped = 0
  #listeners: ((entry: StoryEntry) => void)[] = []

  constructor({ capacity = 1_000_000 }: { capacity?: number } = {}) {
    this.#capacity = capacity
  }

  /** Number of dropped entries. */
  get dropped(): number {
    return this.#dropped
  }

  get lastSeq(): number {
    return this.#dropped + this.#entries.length
  }

  /** Called after each entry. */
  onTold(listener: (entry: StoryEntry) => void): void {
    this.#listeners.push(listener)
  }

  tell(entry: StoryEntry): void {
    this.#entries.push({ seq: this.lastSeq + 1, atMs: Date.now(), ...entry })
    if (this.#entries.length > this.#capacity) {
      const old = Math.ceil(this.#capacity / 10)
      this.#entries.splice(0, old)
      this.#dropped += old
    }
    for (const listener of this.#listeners) listener(entry)
  }

  /** All entries of one kind, oldest first. */
  of<K extends StoryKind>(kind: K): Told<Extract<StoryEntry, { kind: K }>>[] {
    return this.#entries.filter((entry): entry is Told<Extract<StoryEntry, { kind: K }>> => entry.kind === kind)
  }

  /** Up to `limit` entries after `after`, oldest first, of one kind or all, of one identity or all. */
  read({ after, limit, kind, identityId }: { after: number; limit: number; kind?: StoryKind; identityId?: string }): Told[] {
    const found: Told[] = []
    for (let index = Math.max(0, after - this.#dropped); index < this.#entries.length && found.length < limit; index++) {
      const entry = this.#entries[index] as Told // index is within the array
      if (kind !== undefined && entry.kind !== kind) continue
      if (identityId !== undefined && !('identityId' in entry && entry.identityId === identityId)) continue
      found.push(entry)
    }
    return found
  }

  /** Every entry as a line of JSON, without what differs between runs: wall-clock times and durations. */
  told(): string {
    return this.#entries.map((entry) => `${JSON.stringify({ ...entry, atMs: undefined, durationMs: undefined })}\n`).join('')
  }

  clear(): void {
    this.#entries = []
    this.#dropped = 0
  }
}
