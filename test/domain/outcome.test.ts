import { describe, expect, it } from 'vitest'
import { type Outcome, outcomeText, readOutcome } from '../../src/domain/outcome.ts'

describe('an outcome', () => {
  it.each<[Outcome, string]>([
    [{ kind: 'moved', to: 'ready' }, 'moved:ready'],
    [{ kind: 'resumed', state: 'ready' }, 'resumed:ready'],
    [{ kind: 'held', reason: 'approved-after-denied' }, 'held:approved-after-denied'],
    [{ kind: 'ignored', because: 'held:approved-after-denied' }, 'ignored:held:approved-after-denied'],
    [{ kind: 'kept', because: 'moves-no-onboarding' }, 'kept:moves-no-onboarding'],
  ])('is stored and read back: %o as %s', (outcome, text) => {
    expect(outcomeText(outcome)).toBe(text)
    expect(readOutcome(text)).toEqual(outcome)
  })

  it.each(['', 'moved', 'future:ready'])('is null for "%s", which this version does not write', (text) => {
    expect(readOutcome(text)).toBeNull()
  })
})
