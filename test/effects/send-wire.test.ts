import { describe, expect, it } from 'vitest'
import { LEASE_MS } from '../../src/domain/effect.ts'
import { Amount } from '../../src/domain/money.ts'
import { openWire, type Wire, type WireSnapshot } from '../../src/domain/transfer/wire.ts'
import type { EffectTask } from '../../src/effects/effect-kind.ts'
import { sendWireEffect, WireUnclearError } from '../../src/effects/send-wire.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'
import { PaxosOutcomeUnknownError, PaxosRefusedError, PaxosRejectedError } from '../../src/paxos/paxos-errors.ts'
import type { PaxosTransfer } from '../../src/paxos/transfers.ts'

const REQUESTED_AT = Date.parse('2026-11-28T12:00:00Z')
const LOST_AT_MS = REQUESTED_AT + 1_000
const WAITED = LOST_AT_MS + 120_000
const WIRE: Wire = {
  ...{ wireId: 'wire-1', instructionsId: 'instructions-1', accountId: 'account-1', identityId: 'identity-1', profileId: 'profile-1' },
  ...{ memoId: 'MEMO', asset: 'USD', amount: '150.33', state: 'unknown', reason: null, requestedAt: REQUESTED_AT },
}
const operation = 'deposits.send-wire'

let made = 0
const transfer = (fields: Partial<PaxosTransfer> = {}): PaxosTransfer => {
  made += 1
  return {
    ...{ id: `t${made}`, profileId: 'profile-1', accountId: null, refId: null, asset: 'USD', direction: 'CREDIT', type: 'WIRE_DEPOSIT' },
    ...{ amount: Amount.of('150.33'), fee: Amount.of('30'), total: Amount.of('120.33'), status: 'PENDING', memo: 'MEMO' },
    ...{ createdAt: '2026-11-28T12:00:01Z', updatedAt: '2026-11-28T12:00:01Z', ...fields },
  }
}

interface World {
  listed?: readonly PaxosTransfer[]
  sent?: number
  held?: number
  now?: number
  waits?: boolean
  answer?: () => Promise<void>
}

/** A wire whose answer was lost at LOST_AT_MS, beside these transfers at Paxos and these other wires of ours. */
function lostWire({ listed = [], sent = 0, held = 0, now = LOST_AT_MS + 1, waits = false, answer = async () => undefined }: World) {
  const calls: unknown[] = []
  const paxos = {
    transfers: { listOfProfile: async () => listed },
    deposits: {
      sendWire: (...call: unknown[]) => {
        calls.push(call)
        return answer()
      },
    },
  } as unknown as PaxosClient // the effect makes no other calls
  const parts = { wiresAlike: async () => ({ sent, held }), waitsForOlder: async () => waits, now: () => now }
  const snapshot = openWire(WIRE)
  const lease = { seq: '1', generation: 0, until: LOST_AT_MS + LEASE_MS }
  const task: EffectTask<WireSnapshot> = {
    ...{ streamId: WIRE.wireId, snapshot, priority: 'live' },
    effect: { ...snapshot.effects[0]!, attempts: 1, lease },
  }
  return { effect: sendWireEffect(paxos, parts), task, calls }
}

const find = (world: World) => {
  const { effect, task } = lostWire(world)
  return effect.find?.(task)
}

describe('A1, A4: a wire whose answer was lost', () => {
  it.each<[string, World]>([
    ['Paxos lists one transfer with its memo and amount', { listed: [transfer()] }],
    [
      'Paxos lists one more than the earlier wires explain',
      { listed: [transfer({ createdAt: '2026-11-01T00:00:00Z' }), transfer()], sent: 1 },
    ],
    ['its transfer has failed, because Paxos has the wire all the same', { listed: [transfer({ status: 'FAILED' })] }],
    ['the clock of Paxos is 4 min behind', { listed: [transfer({ createdAt: '2026-11-28T11:56:00Z' })] }],
  ])('is taken as sent at once when %s', async (_, world) => {
    expect(await find(world)).toEqual({ kind: 'wire-sent', how: 'found' })
  })

  it.each<[string, World]>([
    ['no transfer', {}],
    ['only the transfers of earlier wires', { listed: [transfer()], sent: 1 }],
    ['a transfer of another amount', { listed: [transfer({ amount: Amount.of('150.34') })] }],
    ['a transfer of another memo', { listed: [transfer({ memo: 'OTHER' })] }],
    ['a debit of the same amount: the return of an earlier wire', { listed: [transfer({ direction: 'DEBIT' })] }],
    ['an old transfer of this amount without a memo', { listed: [transfer({ memo: null, createdAt: '2026-11-01T00:00:00Z' })] }],
  ])('is sent again only from 2 min after the attempt on when Paxos lists %s', async (_, world) => {
    await expect(find({ ...world, now: WAITED - 1 })).rejects.toMatchObject({
      ...{ code: 'WIRE_OUTCOME_OPEN', retry: 'snooze', retryAfterMs: 120_000 },
    })
    expect(await find({ ...world, now: WAITED })).toBeNull()
  })

  it('waits while the transfer of an earlier wire may still appear, and is unclear if it does not', async () => {
    await expect(find({ sent: 1 })).rejects.toMatchObject({ code: 'WIRE_OUTCOME_OPEN' })
    await expect(find({ sent: 1, now: WAITED })).rejects.toMatchObject({ code: 'WIRE_UNCLEAR', retry: 'backoff' })
  })

  it.each<[string, World]>([
    ['two transfers more than our wires explain', { listed: [transfer(), transfer()] }],
    ['one transfer more that began before the request', { listed: [transfer({ createdAt: '2026-11-28T11:54:00Z' })] }],
    ['a new transfer of its amount without a memo', { listed: [transfer({ memo: null })] }],
    ['one transfer more, and another wire alike is held', { listed: [transfer()], held: 1 }],
  ])('is unclear, and not sent again, when Paxos lists %s', async (_, world) => {
    for (const now of [LOST_AT_MS + 1, WAITED]) await expect(find({ ...world, now })).rejects.toMatchObject({ code: 'WIRE_UNCLEAR' })
  })

  it('neither looks nor is sent while an older wire alike has no answer, whose transfer it could take for its own', async () => {
    const { effect, task, calls } = lostWire({ listed: [transfer()], waits: true })
    await expect(effect.find?.(task)).rejects.toMatchObject({ code: 'WIRE_OUTCOME_OPEN', retryAfterMs: 1_000 })
    await expect(effect.perform(task)).rejects.toMatchObject({ code: 'WIRE_OUTCOME_OPEN' })
    expect(calls).toEqual([])
  })

  it('is held for a person at the sixth attempt that finds the list unclear, and for no other failure', () => {
    const { effect } = lostWire({})
    const unclear = new WireUnclearError('wire-1', 'a test')
    expect([4, 5, 6].map((attempts) => effect.holdFor?.(unclear, attempts))).toEqual([null, 'wire-unclear', 'wire-unclear'])
    expect(effect.holdFor?.(new PaxosOutcomeUnknownError({ operation }), 5)).toBeNull()
  })
})

describe('a wire', () => {
  it('is sent with the memo of its instructions and its amount as it was sent', async () => {
    const { effect, task, calls } = lostWire({})
    expect(await effect.perform(task)).toEqual({ kind: 'wire-sent', how: 'answered' })
    expect(calls).toEqual([[{ memoId: 'MEMO', asset: 'USD', amount: '150.33' }, { priority: 'live' }]])
  })

  it.each([
    [
      'a refusal',
      new PaxosRefusedError({ operation, status: 403, problemType: 'https://developer.paxos.com/docs/v2/problems/rejected' }),
      'rejected',
    ],
    ['any other 4xx', new PaxosRejectedError({ operation, status: 400 }), 'rejected-by-paxos'],
  ])('is refused by %s, with the reason', async (_, error, reason) => {
    const { effect, task } = lostWire({ answer: () => Promise.reject(error) })
    expect(await effect.perform(task)).toEqual({ kind: 'wire-refused', reason })
  })

  it('stays unknown when its answer is lost', async () => {
    const lost = new PaxosOutcomeUnknownError({ operation })
    const { effect, task } = lostWire({ answer: () => Promise.reject(lost) })
    await expect(effect.perform(task)).rejects.toBe(lost)
  })

  it('has the same answer, late or not, unless one says that Paxos refused it', () => {
    const { effect } = lostWire({})
    const [sent, refused] = [
      { kind: 'wire-sent', how: 'found' },
      { kind: 'wire-refused', reason: 'rejected' },
    ]
    expect([effect.same(sent, sent), effect.same(refused, refused), effect.same(sent, refused), effect.same(refused, sent)]).toEqual([
      ...[true, true, false, false],
    ])
  })
})
