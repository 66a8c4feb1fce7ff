import type { InboxRow } from '../inbox/inbox.ts'
import type { KeyGate } from './key-gate.ts'

/** Counts an event for its webhook key. An event that an operator opened again says nothing about what the key brings now. */
export function countLookup(keys: KeyGate | undefined, { keySlot, authority }: InboxRow, as: 'known' | 'unknown'): void {
  if (keySlot !== null && authority !== 'operator') keys?.lookedUp(keySlot, as)
}

/** So that an event whose work is tried again counts once. A listing confirms an event before any work on it. */
export function isFirstLook({ trust, evidence, attempts }: InboxRow): boolean {
  return trust === 'hint' || (evidence !== null && attempts === 0)
}
