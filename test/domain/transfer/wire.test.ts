import { describe, expect, it } from 'vitest'
import { recordRefusal, reopenRefused } from '../../../src/domain/effect.ts'
import { claimNext, draftOf } from '../../../src/domain/stream.ts'
import { openWire, SEND_WIRE, WIRE_RULES, type Wire, type WireSnapshot } from '../../../src/domain/transfer/wire.ts'

const WIRE: Wire = {
  ...{ wireId: 'wire-1', instructionsId: 'instructions-1', accountId: 'account-1', identityId: 'identity-1', profileId: 'profile-1' },
  ...{ memoId: 'MEMO', asset: 'USD', amount: '150.33', state: 'submitting', reason: null, requestedAt: 0 },
}
const TERMS = { by: { seq: '1', generation: 0 }, now: 1_000_000, leaseMs: 1 }
const MACHINE = { attempts: 0, authority: 'machine', replayed: false, fresh: false } as const

const opened = draftOf<WireSnapshot>(openWire(WIRE))
const attempted = draftOf<WireSnapshot>({ ...opened, effects: opened.effects.map((effect) => ({ ...effect, attempts: 1 })) })

describe('a wire of the Sandbox', () => {
  it('A4: is unknown, and to be looked up, once an attempt has no answer', () => {
    const decided = WIRE_RULES.decide(attempted, null, MACHINE)
    expect(decided).toMatchObject({ kind: 'decided', draft: { wire: { state: 'unknown' } }, outcome: { kind: 'moved', to: 'unknown' } })
  })

  it('A4: is left alone by the machine while it is held, and looked up once more when an operator releases it', () => {
    const held = WIRE_RULES.hold(recordRefusal(attempted, SEND_WIRE, 'WIRE_UNCLEAR'), 'wire-unclear')
    expect(claimNext(WIRE_RULES, held, TERMS)).toEqual({ kind: 'complete' })
    for (const draft of [held, reopenRefused(draftOf<WireSnapshot>(held))])
      expect(WIRE_RULES.decide(draft, null, { ...MACHINE, replayed: true })).toMatchObject({ outcome: { kind: 'ignored' } })
    const released = WIRE_RULES.decide(reopenRefused(draftOf<WireSnapshot>(held)), null, {
      ...MACHINE,
      ...{ authority: 'operator', replayed: true },
    })
    if (released.kind !== 'decided') throw new Error('unreachable')
    expect(released.draft.wire).toMatchObject({ state: 'unknown', reason: null })
    // The attempt before it counts still, so the effect is looked up before anything is sent.
    expect(claimNext(WIRE_RULES, released.draft, TERMS)).toMatchObject({ kind: 'attempt', effect: { kind: SEND_WIRE, attempts: 1 } })
  })

  it.each([
    [{ kind: 'wire-sent', how: 'found' }, 'sent', null],
    [{ kind: 'wire-refused', reason: 'rejected' }, 'rejected', 'rejected'],
  ])('ends by %o as %s', (receipt, state, reason) => {
    const ended = WIRE_RULES.afterReceipt(attempted, attempted.effects[0]!, receipt)
    expect(ended.wire).toMatchObject({ state, reason })
    expect(ended.entries).toMatchObject([{ kind: 'wire.moved', data: { from: 'submitting', to: state, reason } }])
    expect(WIRE_RULES.decide(draftOf<WireSnapshot>(ended), null, MACHINE)).toMatchObject({ outcome: { because: `already-${state}` } })
  })
})
