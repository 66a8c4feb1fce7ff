import { describe, expect, it } from 'vitest'
import { byShape, byValue, findLeaks, type Leak, type LeakSearch } from '../../../src/operate/privacy/find-leaks.ts'

async function leaksIn(text: string, search: LeakSearch, chunk = 7): Promise<Leak[]> {
  async function* chunks(): AsyncGenerator<string> {
    for (let at = 0; at < text.length; at += chunk) yield text.slice(at, at + chunk)
  }
  return Array.fromAsync(findLeaks(chunks(), search))
}

const GIVEN = byValue(['Zoë Märk', '219-09-9999', 'O\'Brien "Bo"', 'secret+mail@shop.test'])

describe('a search for given values', () => {
  it.each([
    ['as it is', 'hello Zoë Märk', 'value 1'],
    ['in another case', 'HELLO ZOË MÄRK', 'value 1'],
    ['as JSON with escapes', '{"n":"Zo\\u00eb M\\u00e4rk"}', 'value 1'],
    ['in a URL', '/find?q=Zo%C3%AB%20M%C3%A4rk', 'value 1'],
    ['in a form', 'q=Zo%C3%AB+M%C3%A4rk', 'value 1'],
    ['as base64', `x ${Buffer.from('Zoë Märk').toString('base64')} y`, 'value 1'],
    ['as hexadecimal', Buffer.from('Zoë Märk').toString('hex'), 'value 1'],
    ['a number without its dashes', 'ssn 219099999', 'value 2'],
    ['in HTML', 'value="O&#39;Brien &#34;Bo&#34;"', 'value 3'],
    ['quoted in JSON', '"O\'Brien \\"Bo\\""', 'value 3'],
  ])('C2: finds a value %s', async (_how, text, what) => {
    expect(await leaksIn(`first line\n${text}\nlast line`, GIVEN)).toEqual([{ line: 2, what }])
  })

  it('reports a value once for each line, and never shows it', async () => {
    const leaks = await leaksIn('secret+mail@shop.test secret+mail@shop.test\nnothing\nsecret+mail@shop.test', GIVEN)
    expect(leaks).toEqual([
      { line: 1, what: 'value 4' },
      { line: 3, what: 'value 4' },
    ])
    expect(JSON.stringify(leaks)).not.toContain('shop')
  })

  it('finds a value in a line of 3 MB without a line end, between two pieces of it', async () => {
    const text = `${'x'.repeat(1_048_570)}219-09-9999${'y'.repeat(2_000_000)}`
    expect(await leaksIn(text, GIVEN, 65_536)).toEqual([{ line: 1, what: 'value 2' }])
  })

  it('refuses a value that is too short, by its number', () => {
    expect(() => byValue(['long enough', 'Bo'])).toThrow('value 2 has fewer than 4 characters')
  })
})

describe('a search by shape', () => {
  it.each([
    ['user ada@shop.test logged in', 'an e-mail address'],
    ['ssn=219-09-9999', 'a social security number'],
    ['{"first_name":"Ada"}', 'a personal field with its value'],
    ['"{\\"cip_id\\":\\"x\\"}"', 'a personal field with its value'],
  ])('C2: finds %s', async (text, what) => {
    expect((await leaksIn(text, byShape)).map((leak) => leak.what)).toContain(what)
  })

  it.each([
    '{"first_name":"[redacted]"}',
    '{"email":""}',
    'order-0123456789abcdef0123456789abcdef at 2026-11-28T10:00:00Z took 123 ms',
    '7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10 219-09-9999-1',
    'webhook-id notice_ready_1_4b1c0d7e',
  ])('finds nothing in %s', async (text) => {
    expect(await leaksIn(text, byShape)).toEqual([])
  })
})
