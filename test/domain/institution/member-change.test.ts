import { describe, expect, it } from 'vitest'
import { recordRefusal, reopenRefused } from '../../../src/domain/effect.ts'
import {
  MEMBER_CHANGE_RULES,
  MEMBER_EFFECTS,
  type MemberChange,
  type MemberChangeSnapshot,
  openMemberChange,
} from '../../../src/domain/institution/member-change.ts'
import { claimNext, draftOf } from '../../../src/domain/stream.ts'

const ADD: MemberChange = {
  ...{ changeId: 'members-1', identityId: 'firm', action: 'add', members: [{ identityId: 'x', roles: ['TRUSTEE'], ownership: null }] },
  ...{ memberId: null, state: 'submitting', reason: null, requestedAt: 0 },
}
const MACHINE = { attempts: 0, authority: 'machine', replayed: false, fresh: false } as const
const TERMS = { by: { seq: '1', generation: 0 }, now: 1_000_000, leaseMs: 1 }

const opened = draftOf<MemberChangeSnapshot>(openMemberChange(ADD))
const attempted = draftOf<MemberChangeSnapshot>({ ...opened, effects: opened.effects.map((effect) => ({ ...effect, attempts: 1 })) })

describe('a change of members', () => {
  it('intends the one effect of its action, and names ids alone in the ledger', () => {
    const removal = openMemberChange({ ...ADD, action: 'remove', members: [], memberId: 'm1' })
    expect([opened, removal].map(({ effects }) => effects.map(({ kind }) => kind))).toEqual([['add-members'], ['remove-member']])
    expect(openMemberChange(ADD).entries[0]).toEqual({
      kind: 'members.requested',
      data: { identityId: 'firm', action: 'add', memberId: null, members: ['x'] },
    })
  })

  it('A4: is unknown once an attempt has no answer, and looked up once more when an operator releases a held one', () => {
    expect(MEMBER_CHANGE_RULES.decide(attempted, null, MACHINE)).toMatchObject({ draft: { change: { state: 'unknown' } } })
    const held = MEMBER_CHANGE_RULES.hold(recordRefusal(attempted, MEMBER_EFFECTS.add, 'MEMBERS_UNCLEAR'), 'members-unclear')
    expect(claimNext(MEMBER_CHANGE_RULES, held, TERMS)).toEqual({ kind: 'complete' })
    const reopened = reopenRefused(draftOf<MemberChangeSnapshot>(held))
    expect(MEMBER_CHANGE_RULES.decide(reopened, null, { ...MACHINE, replayed: true })).toMatchObject({ outcome: { kind: 'ignored' } })
    const released = MEMBER_CHANGE_RULES.decide(reopened, null, { ...MACHINE, authority: 'operator', replayed: true })
    if (released.kind !== 'decided') throw new Error('unreachable')
    expect(released.draft.change).toMatchObject({ state: 'unknown', reason: null })
    expect(claimNext(MEMBER_CHANGE_RULES, released.draft, TERMS)).toMatchObject({ kind: 'attempt', effect: { attempts: 1 } })
  })

  it.each([
    [{ kind: 'members-changed', how: 'found' }, 'done', null],
    [{ kind: 'members-refused', reason: 'last-owner' }, 'rejected', 'last-owner'],
  ])('ends by %o as %s', (receipt, state, reason) => {
    const ended = MEMBER_CHANGE_RULES.afterReceipt(attempted, attempted.effects[0]!, receipt)
    expect(ended.change).toMatchObject({ state, reason })
    expect(ended.entries).toMatchObject([{ kind: 'members.moved', data: { from: 'submitting', to: state, reason } }])
  })
})
