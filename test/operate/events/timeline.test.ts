import { describe, expect, it } from 'vitest'
import { mergeTimeline } from '../../../src/operate/events/timeline.ts'
import { sayEffect, sayIntent } from '../../../src/operate/say/say-effect.ts'

const AT = new Date('2026-11-28T10:00:00Z')

function sentences(effect: { kind: string; name: string | null; step: string }, entries: [kind: string, data: object][]): string[] {
  const records = entries.map(([kind, data], n) => {
    return { entryNo: n + 1, at: AT, kind, actor: 'event:1', data: { step: effect.step, ...data }, hash: '00' }
  })
  const record = { ...effect, number: 1, key: 'k', state: 'done' as const, attempts: 1, receipt: null, errorCode: null }
  return mergeTimeline(records, [], { effects: [{ ...record, leaseUntil: null, intendedAt: AT, completedAt: AT }] }).map(
    ({ sentence }) => sentence,
  )
}

describe('a timeline', () => {
  it('names an account and a notification by the kind of the effect, for any step', () => {
    const account = { kind: 'create-account', name: null, step: 'some-step' }
    expect(
      sentences(account, [
        ['effect.intended', {}],
        ['effect.done', { accountId: 'a', profileId: 'p', how: 'created' }],
      ]),
    ).toEqual(['Account creation requested', 'Account a with profile p opened'])
    const notification = { kind: 'send-notification', name: 'account_opened', step: 'another-step' }
    expect(
      sentences(notification, [
        ['effect.intended', {}],
        ['effect.done', { channel: 'webhook', status: 200 }],
      ]),
    ).toEqual(['Notification "account opened" queued', 'Notification "account opened" was sent (webhook answered 200)'])
  })

  it('names an effect of an unknown kind by its kind', () => {
    const closing = { kind: 'close-account', name: null, step: 'close-account' }
    const said = sentences(closing, [
      ['effect.intended', {}],
      ['effect.done', {}],
      ['effect.refused', { code: 'ACCOUNT_HAS_BALANCE' }],
    ])
    expect(said).toEqual(['Close account requested', 'Close account: done', 'Close account was refused: ACCOUNT_HAS_BALANCE'])
  })
})

describe('the text of an effect', () => {
  it('comes from its kind and name, not from its step', () => {
    expect(sayEffect({ kind: 'send-notification', name: 'ready' })).toBe('Notification "ready"')
    expect(sayIntent({ kind: 'place-order', name: null })).toBe('Place order requested')
  })
})
