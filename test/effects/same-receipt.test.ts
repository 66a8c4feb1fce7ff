import { describe, expect, it } from 'vitest'
import type { Receipt } from '../../src/domain/effect.ts'
import { createAccountEffect } from '../../src/effects/create-account.ts'
import { sendNotificationEffect } from '../../src/effects/send-notification.ts'
import { NO_CHANNEL } from '../../src/notify/no-channel.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'

const account = (change: Partial<Receipt> = {}): Receipt => ({
  ...{ kind: 'account', accountId: 'a-1', profileId: 'p-1', how: 'created' },
  ...change,
})

/** A late receipt that differs from the known one holds the stream, so what counts as the same must be exact. */
describe('a late receipt of an account', () => {
  const { same } = createAccountEffect({} as PaxosClient) // no call is made here

  it('says the same when account and profile are the same, created or adopted', () => {
    expect(same(account(), account())).toBe(true)
    expect(same(account(), account({ how: 'adopted' }))).toBe(true)
  })

  it.each([
    ['another account', account(), account({ accountId: 'a-2' })],
    ['another profile', account(), account({ profileId: 'p-2' })],
    ['another kind of late receipt', account(), account({ kind: 'notice' })],
    ['another kind of known receipt', account({ kind: 'notice' }), account()],
  ])('contradicts the known one when it names %s', (_what, known, late) => {
    expect(same(known, late)).toBe(false)
  })
})

describe('a late receipt of a notification', () => {
  it('counts any answer of the application as the same receipt, since the receiver drops the second copy', () => {
    const { same } = sendNotificationEffect(NO_CHANNEL, () => ({ kind: 'onboarding.denied', data: { identityId: 'i' } }) as never) // not sent here
    expect(same({ kind: 'notice', channel: 'webhook', status: 200 }, { kind: 'notice', channel: 'webhook', status: 204 })).toBe(true)
  })
})
