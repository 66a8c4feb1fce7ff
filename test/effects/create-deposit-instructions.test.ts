import { describe, expect, it } from 'vitest'
import { type DepositInstructions, type InstructionsSnapshot, openInstructions } from '../../src/domain/transfer/deposit-instructions.ts'
import { createDepositInstructionsEffect, InstructionsMismatchError } from '../../src/effects/create-deposit-instructions.ts'
import type { EffectTask } from '../../src/effects/effect-kind.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'
import { PaxosConflictError, PaxosOutcomeUnknownError, PaxosRefusedError, PaxosRejectedError } from '../../src/paxos/paxos-errors.ts'

const operation = 'deposit-instructions.create'
const KEY = 'gatehouse-create-deposit-instructions-instructions-1'
const OURS = {
  id: 'paxos-1',
  refId: KEY as string | null,
  profileId: 'profile-1',
  accountId: 'account-1' as string | null,
  memoId: 'memo-1',
}
const CREATED = { kind: 'instructions-created', paxosInstructionsId: 'paxos-1', memoId: 'memo-1', how: 'created' }
type Answer = typeof OURS

function effectIn({ listed = [], create = async () => OURS }: { listed?: readonly Answer[]; create?: () => Promise<Answer> }) {
  const asked: unknown[][] = []
  const deposits = {
    createInstructions: (...args: unknown[]) => {
      asked.push(['create', ...args])
      return create()
    },
    listInstructions: async (...args: unknown[]) => {
      asked.push(['list', ...args])
      return listed
    },
  }
  return { effect: createDepositInstructionsEffect({ deposits } as unknown as PaxosClient), asked } // the effect makes no other calls
}

function task(over: Partial<DepositInstructions> = {}): EffectTask<InstructionsSnapshot> {
  const snapshot = openInstructions({
    ...{ instructionsId: 'instructions-1', accountId: 'account-1', identityId: 'identity-1', profileId: 'profile-1', network: 'WIRE' },
    ...{ routingNumberType: null, state: 'submitting', reason: null, paxosInstructionsId: null, memoId: null, requestedAt: 0 },
    ...over,
  })
  return { streamId: 'instructions-1', snapshot, effect: snapshot.effects[0]!, priority: 'replay' }
}

const conflict = (existingId: string | null) => new PaxosConflictError({ operation, status: 409 }, { existingId, duplicate: 'ref_id' })

describe('the request for deposit instructions', () => {
  it.each([
    ['nothing that was not asked for', {}, {}],
    ['the type of the routing number', { routingNumberType: 'SWIFT' } as const, { routing_number_type: 'SWIFT' }],
  ])('names account, network and %s, under the key of the effect', async (_, over, more) => {
    const { effect, asked } = effectIn({})
    expect(await effect.perform(task(over))).toEqual(CREATED)
    const names = { profile_id: 'profile-1', identity_id: 'identity-1', account_id: 'account-1', fiat_network: 'WIRE' }
    expect(asked).toStrictEqual([['create', { ref_id: KEY, ...names, ...more }, { priority: 'replay' }]])
  })

  it.each<[string, Error, string]>([
    [
      'a refusal with a type',
      new PaxosRefusedError({ operation, status: 403, problemType: 'https://developer.paxos.com/docs/v2/problems/rejected' }),
      'rejected',
    ],
    ['any other 4xx', new PaxosRejectedError({ operation, status: 400 }), 'rejected-by-paxos'],
  ])('is refused for %s, with the reason', async (_, error, reason) => {
    expect(await effectIn({ create: () => Promise.reject(error) }).effect.perform(task())).toEqual({ kind: 'instructions-refused', reason })
  })

  it('A4: stays unknown when its answer is lost', async () => {
    const lost = new PaxosOutcomeUnknownError({ operation })
    await expect(effectIn({ create: () => Promise.reject(lost) }).effect.perform(task())).rejects.toBe(lost)
  })
})

describe('F52: an answer about other deposit instructions', () => {
  it.each<[string, Partial<Answer>]>([
    ['another key', { refId: 'other' }],
    ['another profile', { profileId: 'other' }],
    ['another account', { accountId: 'other' }],
  ])('that names %s fails for good', async (_, over) => {
    const { effect } = effectIn({ create: async () => ({ ...OURS, ...over }) })
    await expect(effect.perform(task())).rejects.toMatchObject({ code: 'INSTRUCTIONS_MISMATCH', retry: 'never' })
  })

  it('is not what an answer without key and account is', async () => {
    expect(await effectIn({ create: async () => ({ ...OURS, refId: null, accountId: null }) }).effect.perform(task())).toEqual(CREATED)
  })
})

describe('A1: the look-up of deposit instructions', () => {
  it('asks for our key, and takes the one that has it', async () => {
    const { effect, asked } = effectIn({ listed: [{ ...OURS, id: 'theirs', refId: 'theirs' }, OURS] })
    expect(await effect.find?.(task())).toEqual({ ...CREATED, how: 'adopted' })
    expect(asked).toEqual([['list', { refIds: [KEY], priority: 'replay' }]])
  })

  it('finds nothing among those of others, and fails for good if Paxos had said that they exist', async () => {
    const { effect } = effectIn({ listed: [{ ...OURS, refId: 'theirs' }] })
    expect(await effect.find?.(task())).toBeNull()
    await expect(effect.find?.(task(), conflict('paxos-9'))).rejects.toThrow('deposit instructions paxos-9 at Paxos have our ref_id')
    await expect(effect.find?.(task(), conflict(null))).rejects.toBeInstanceOf(InstructionsMismatchError)
  })
})

describe('a late receipt of deposit instructions', () => {
  const { effect } = effectIn({})
  const refused = { kind: 'instructions-refused', reason: 'rejected' }

  it.each([
    [CREATED, { ...CREATED, how: 'adopted' }, true],
    [CREATED, { ...CREATED, paxosInstructionsId: 'paxos-2' }, false],
    [refused, { ...refused, reason: 'rejected-by-paxos' }, true],
    [CREATED, refused, false],
    [refused, CREATED, false],
  ])('of %o and %o: says the same is %s', (known, late, same) => {
    expect(effect.same(known, late)).toBe(same)
  })

  it('holds the request for other instructions and for an unexplained 409 alone', () => {
    expect(effect.holdFor?.(new InstructionsMismatchError('1'), 0)).toBe('another-instructions')
    expect(effect.holdFor?.(conflict(null), 0)).toBe('another-instructions')
    expect(effect.holdFor?.(new PaxosOutcomeUnknownError({ operation }), 0)).toBeNull()
    expect(effect).toMatchObject({ kind: 'create-deposit-instructions', asksPaxos: true })
  })
})

it('the estimate of deposit instructions makes no call', async () => {
  const { effect, asked } = effectIn({})
  expect(await effect.estimate(task(), { thorough: true, failure: null })).toMatchObject({
    verdict: 'would-create-instructions',
    effects: [{ act: 'instruct', key: KEY }],
    receipt: { ...CREATED, paxosInstructionsId: 'made up', memoId: 'made up' },
  })
  expect(asked).toEqual([])
})
