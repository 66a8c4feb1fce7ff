import { describe, expect, it } from 'vitest'
import { type Effect, intendedEffect } from '../../src/domain/effect.ts'
import { newOnboarding, type Snapshot } from '../../src/domain/onboarding/onboarding.ts'
import { AccountMismatchError } from '../../src/effects/account-at-paxos.ts'
import { createAccountEffect } from '../../src/effects/create-account.ts'
import type { EffectTask, EstimateTerms } from '../../src/effects/effect-kind.ts'
import { sendNotificationEffect } from '../../src/effects/send-notification.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'

const THOROUGH: EstimateTerms = { thorough: true, failure: null }
const QUICK: EstimateTerms = { thorough: false, failure: null }

function task(attempts: number): EffectTask<Snapshot> {
  const effect: Effect = { ...intendedEffect('i', { kind: 'any' }), step: 'the-step', key: 'the-key', attempts }
  return { streamId: 'i', snapshot: { onboarding: newOnboarding('i', 'adopted', null), effects: [effect] }, effect, priority: 'replay' }
}

describe('the estimate of an account', () => {
  const effectAt = (ours: readonly { id: string; refId: string }[]) => {
    const asked: unknown[] = []
    const listOfIdentity = async (...args: unknown[]) => {
      asked.push(args)
      return ours
    }
    return { effect: createAccountEffect({ accounts: { listOfIdentity } } as unknown as PaxosClient), asked } // it makes no other calls
  }
  const receipt = { kind: 'account', accountId: 'made-up', profileId: 'made-up', how: 'created' }
  const opens = { verdict: 'would-create-account', effects: [{ act: 'open', key: 'the-key' }], receipt }
  const adopts = { verdict: 'would-adopt-account', effects: [{ act: 'adopt', key: 'the-key' }], receipt }
  const OURS = { id: 'a-1', refId: 'the-key' }

  it.each<[string, (typeof OURS)[], number, EstimateTerms, object, number]>([
    ['opens one that was never asked for, without a look', [OURS], 0, QUICK, opens, 0],
    ['looks for one that was asked for before', [OURS], 1, QUICK, adopts, 1],
    ['looks for any when it is thorough', [OURS], 0, THOROUGH, adopts, 1],
    ['opens one when Paxos has only accounts of others', [{ id: 'a-2', refId: 'theirs' }], 1, QUICK, opens, 1],
  ])('%s', async (_, ours, attempts, terms, expected, looks) => {
    const { effect, asked } = effectAt(ours)
    expect(await effect.estimate(task(attempts), terms)).toMatchObject(expected)
    expect(asked).toEqual(Array.from({ length: looks }, () => ['i', { priority: 'replay' }]))
  })

  it('F52: an account of another identity is never asked for again', () => {
    expect(new AccountMismatchError('a-1')).toMatchObject({ retry: 'never', message: 'account a-1 is not the requested one' })
    expect(new AccountMismatchError(null).message).toBe('Paxos reports a conflicting account but returns none')
  })
})

describe('the estimate of a notification', () => {
  const channel = { name: 'webhook', send: () => Promise.reject(new Error('sent')), close: async () => {} }
  const { estimate } = sendNotificationEffect<Snapshot>(channel, () => ({ kind: 'onboarding.denied', data: { identityId: 'i' } }) as never) // not sent here
  const refused = (status: number | null, unknownOutcomes = 0) => ({ code: 'NOTICE_REFUSED', status, unknownOutcomes })

  it.each<[number, EstimateTerms['failure'], string, string]>([
    [0, null, 'send', 'the-step would be sent (the-key)'],
    [
      1,
      null,
      'send-again',
      'the-step was attempted once, and the outcome of the last attempt is unknown; it would be sent again under the same key (the-key)',
    ],
    [
      3,
      { code: 'NOTICE_UNAVAILABLE', status: 503, unknownOutcomes: 1 },
      'send-again',
      'the-step was attempted 3 times, and the outcome of the last attempt is unknown; it would be sent again under the same key (the-key)',
    ],
    [1, refused(400), 'send-again', 'the-step was refused once (400); it would be sent again under the same key (the-key)'],
    [2, refused(null), 'send-again', 'the-step was refused 2 times; it would be sent again under the same key (the-key)'],
    [
      4,
      refused(410, 1),
      'send-again',
      'the-step was refused (410) at the last of 4 attempts; it would be sent again under the same key (the-key)',
    ],
  ])('after %i attempts and %o is to %s', async (attempts, failure, act, detail) => {
    expect(await estimate(task(attempts), { thorough: false, failure })).toEqual({
      verdict: 'would-send-notice',
      detail,
      effects: [{ act, key: 'the-key' }],
      receipt: { kind: 'notice', channel: 'webhook', status: null },
    })
  })
})
