import { createHmac } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'
import { createSignatureVerifier } from '../../src/receive/verify-signature.ts'

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const BODY = Buffer.from('{"id":"1"}')
const SIGNED_AT = 1_700_000_000

const after = (seconds: number) => createSignatureVerifier([SECRET], () => (SIGNED_AT + seconds) * 1_000)

function signed(id = 'msg_1'): Record<string, string> {
  const signature = new Webhook(SECRET).sign(id, new Date(SIGNED_AT * 1_000), BODY.toString())
  return { 'webhook-id': id, 'webhook-timestamp': String(SIGNED_AT), 'webhook-signature': signature }
}

function without(headers: Record<string, string>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([key]) => key !== name))
}

describe('a signature', () => {
  it('is good for five minutes to either side, and no second longer', () => {
    expect([-301, -300, 0, 300, 301].map((seconds) => after(seconds)(signed(), BODY))).toEqual([false, true, true, true, false])
  })

  it.each(['webhook-id', 'webhook-timestamp', 'webhook-signature'])('is none without %s', (name) => {
    expect(after(0)(without(signed(), name), BODY)).toBe(false)
  })

  it('does not stand for a missing id, whatever was signed in its place', () => {
    expect(after(0)(without(signed('undefined'), 'webhook-id'), BODY)).toBe(false)
  })

  it.each([`${SIGNED_AT}x`, `x${SIGNED_AT}`, ''])('has a whole number for its time, also where the signer says %j', (timestamp) => {
    const key = Buffer.from(SECRET.slice('whsec_'.length), 'base64')
    const signature = createHmac('sha256', key).update(`msg_1.${timestamp}.`).update(BODY).digest('base64')
    const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` }
    expect(after(0)(headers, BODY)).toBe(false)
  })
})
