import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { createSignatureVerifier } from '../../src/receive/verify-signature.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const BODY = Buffer.from('{"id":"1"}')
const SIGNED_AT = 1_700_000_000

/** Whether a receiver with one secret accepts it this many seconds after it was signed. */
function isAccepted(headers: Record<string, string>, seconds = 0): boolean {
  const place = createSignatureVerifier([SECRET], () => (SIGNED_AT + seconds) * 1_000)(headers, BODY)
  expect([0, -1]).toContain(place)
  return place === 0
}

function signed(id = 'msg_1'): Record<string, string> {
  const signature = new Webhook(SECRET).sign(id, new Date(SIGNED_AT * 1_000), BODY.toString())
  return { 'webhook-id': id, 'webhook-timestamp': String(SIGNED_AT), 'webhook-signature': signature }
}

function without(headers: Record<string, string>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name))
}

describe('a signature', () => {
  it('is valid for five minutes before and after its time, and no second longer', () => {
    expect([-301, -300, 0, 300, 301].map((seconds) => isAccepted(signed(), seconds))).toEqual([false, true, true, true, false])
  })

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('is invalid without %s', (name) => {
    expect(isAccepted(without(signed(), name))).toBe(false)
  })

  it('is invalid without an id, for any signed value in its place', () => {
    expect(isAccepted(without(signed('undefined'), 'webhook-id'))).toBe(false)
  })

  it.each([`${SIGNED_AT}x`, `x${SIGNED_AT}`, ''])(
    'is invalid without a whole number as its time, even when the signer signed %j',
    (timestamp) => {
      const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64')
      const signature = createHmac('sha256', key).update(`msg_1.${timestamp}.`).update(BODY).digest('base64')
      const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
      expect(isAccepted(headers)).toBe(false)
    },
  )
})
