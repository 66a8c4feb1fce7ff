import type { Change, Stored } from '../../src/ledger/change.ts'

/**
 * What a ledger in memory holds after a change, as after COMMIT_CHANGES: null when the version has changed since the decision. Without
 * hashes.
 */
export function commitInMemory(stored: Stored | null, { before, draft, at }: Change): Stored | null {
  if ((stored?.version ?? 0) !== (before?.version ?? 0)) return null
  return {
    onboarding: draft.onboarding,
    effects: draft.effects.map((effect) => (effect.intendedAt === null ? { ...effect, intendedAt: at.getTime() } : effect)),
    version: (stored?.version ?? 0) + 1,
    entryCount: (stored?.entryCount ?? 0) + draft.entries.length,
    headHash: Buffer.alloc(0),
  }
}
