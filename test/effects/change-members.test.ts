import { describe, expect, it } from 'vitest'
import { LEASE_MS } from '../../src/domain/effect.ts'
import type { InstitutionMember } from '../../src/domain/institution/institution-members.ts'
import { type MemberChange, type MemberChangeSnapshot, openMemberChange } from '../../src/domain/institution/member-change.ts'
import { changeMembersEffects, MembersUnclearError } from '../../src/effects/change-members.ts'
import type { EffectTask } from '../../src/effects/effect-kind.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'
import { PaxosOutcomeUnknownError, PaxosRejectedError } from '../../src/paxos/paxos-errors.ts'

const LOST_AT_MS = 1_000_000
const NEW = [
  { identityId: 'x', roles: ['BENEFICIAL_OWNER'], ownership: '20' },
  { identityId: 'y', roles: ['AUTHORIZED_USER'], ownership: null },
]
const ADD: MemberChange = {
  ...{ changeId: 'member-change-1', identityId: 'firm', action: 'add', members: NEW, memberId: null },
  ...{ state: 'unknown', reason: null, requestedAt: 0 },
}
const REMOVE: MemberChange = { ...ADD, action: 'remove', members: [], memberId: 'm1' }
const member = (memberId: string, identityId: string, roles = ['BENEFICIAL_OWNER']): InstitutionMember => ({
  ...{ memberId, identityId, roles, ownership: null },
})
const OWNERS = [member('m1', 'a'), member('m2', 'b')]

interface World {
  members?: readonly InstitutionMember[]
  now?: number
  waits?: boolean
  answer?: () => Promise<void>
}

/** The effect of a change whose answer was lost at LOST_AT_MS, beside an LLC with these members. */
function lost(change: MemberChange, { members = OWNERS, now = LOST_AT_MS, waits = false, answer = async () => undefined }: World = {}) {
  const calls: unknown[] = []
  const send = (...call: unknown[]): Promise<void> => {
    calls.push(call.slice(0, -1))
    return answer()
  }
  const institutionMembers = {
    read: async () => ({ id: 'firm', type: 'INSTITUTION', institutionType: 'LLC', members }),
    add: send,
    remove: send,
  }
  const parts = { waitsForOlder: async () => waits, now: () => now }
  const effects = changeMembersEffects({ institutionMembers } as unknown as PaxosClient, parts) // the effects make no other calls
  const snapshot = openMemberChange(change)
  const lease = { seq: '1', generation: 0, until: LOST_AT_MS + LEASE_MS }
  const task: EffectTask<MemberChangeSnapshot> = {
    ...{ streamId: change.changeId, snapshot, priority: 'live' },
    effect: { ...snapshot.effects[0]!, attempts: 1, lease },
  }
  const effect = effects.find(({ kind }) => kind === task.effect.kind)
  if (!effect) throw new Error('unreachable')
  return { effect, task, calls }
}

describe('A1, A4: a change of members whose answer was lost', () => {
  it('is done when Paxos has all of the added members, or the removed one no more', async () => {
    const there = lost(ADD, { members: [...OWNERS, member('m3', 'x'), member('m4', 'y')] })
    expect(await there.effect.find?.(there.task)).toEqual({ kind: 'members-changed', how: 'found' })
    const gone = lost(REMOVE, { members: [member('m2', 'b')] })
    expect(await gone.effect.find?.(gone.task)).toEqual({ kind: 'members-changed', how: 'found' })
  })

  it('that adds is sent again only from 10 s after the attempt on; one that removes at once', async () => {
    const early = lost(ADD, { now: LOST_AT_MS + 9_999 })
    await expect(early.effect.find?.(early.task)).rejects.toMatchObject({ code: 'MEMBERS_OUTCOME_OPEN', retryAfterMs: 10_000 })
    const late = lost(ADD, { now: LOST_AT_MS + 10_000 })
    expect(await late.effect.find?.(late.task)).toBeNull()
    const removal = lost(REMOVE)
    expect(await removal.effect.find?.(removal.task)).toBeNull()
  })

  it('is held for a person at the sixth attempt that finds a part of the members', async () => {
    const { effect, task } = lost(ADD, { members: [...OWNERS, member('m3', 'x')], now: LOST_AT_MS + 60_000 })
    const error = await effect.find?.(task).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'MEMBERS_UNCLEAR', message: expect.stringContaining('1 of its 2 members') })
    if (!(error instanceof MembersUnclearError)) throw new Error('unreachable')
    expect([4, 5].map((attempts) => effect.holdFor?.(error, attempts))).toEqual([null, 'members-unclear'])
  })

  it('neither looks nor is sent while an older change of the institution has no answer', async () => {
    const { effect, task, calls } = lost(ADD, { waits: true })
    await expect(effect.find?.(task)).rejects.toMatchObject({ code: 'MEMBERS_OUTCOME_OPEN', retryAfterMs: 1_000 })
    await expect(effect.perform(task)).rejects.toMatchObject({ code: 'MEMBERS_OUTCOME_OPEN' })
    expect(calls).toEqual([])
  })
})

describe('a change of members', () => {
  it('is sent as it was requested', async () => {
    const [adds, removes] = [lost(ADD), lost(REMOVE)]
    expect(await adds.effect.perform(adds.task)).toEqual({ kind: 'members-changed', how: 'answered' })
    expect(await removes.effect.perform(removes.task)).toEqual({ kind: 'members-changed', how: 'answered' })
    expect([adds.calls, removes.calls]).toEqual([[['firm', NEW]], [['m1']]])
  })

  it('is not sent when a rule forbids it by now: the other owner left, or the member came', async () => {
    const last = lost(REMOVE, { members: [member('m1', 'a'), member('m2', 'b', ['AUTHORIZED_USER'])] })
    expect(await last.effect.perform(last.task)).toEqual({ kind: 'members-refused', reason: 'last-owner' })
    const came = lost(ADD, { members: [...OWNERS, member('m3', 'x')] })
    expect(await came.effect.perform(came.task)).toEqual({ kind: 'members-refused', reason: 'already-member' })
    const gone = lost(REMOVE, { members: [member('m2', 'b')] })
    expect(await gone.effect.perform(gone.task)).toEqual({ kind: 'members-changed', how: 'found' })
    expect([last.calls, came.calls, gone.calls]).toEqual([[], [], []])
  })

  it('is rejected by a 4xx, and unknown after a lost answer', async () => {
    const operation = 'institution-members.add'
    const refused = lost(ADD, { answer: () => Promise.reject(new PaxosRejectedError({ operation, status: 400 })) })
    expect(await refused.effect.perform(refused.task)).toEqual({ kind: 'members-refused', reason: 'rejected-by-paxos' })
    const cut = new PaxosOutcomeUnknownError({ operation })
    const unknown = lost(ADD, { answer: () => Promise.reject(cut) })
    await expect(unknown.effect.perform(unknown.task)).rejects.toBe(cut)
  })
})
