import { request } from 'undici'
import { describe, expect, it } from 'vitest'
import { FACTS } from '../../../src/sandbox/page/assumptions.ts'
import { startTrader } from '../exchange/trader.ts'
import { startSandbox } from '../start-sandbox.ts'

describe('F34: /_sandbox', () => {
  it('answers a browser with a page of buttons, and other clients with the JSON guide', async () => {
    const { sandbox } = await startSandbox()
    const read = async (accept: string): Promise<[string, string]> => {
      const answer = await request(`${sandbox.url}/_sandbox`, { headers: { accept } })
      return [String(answer.headers['content-type']), await answer.body.text()]
    }
    const [type, html] = await read('text/html,application/xhtml+xml,*/*;q=0.8')
    expect(type).toContain('text/html')
    expect(html).toContain('data-call="DELETE /faults"')
    for (const { does } of FACTS) expect(html).toContain(does)
    for (const accept of ['*/*', 'application/json']) expect((await read(accept))[0]).toContain('application/json')
    for (const file of ['page.js', 'page.css']) expect((await request(`${sandbox.url}/_sandbox/${file}`)).statusCode).toBe(200)
  })

  it('has only buttons whose calls exist', async () => {
    const { sandbox, control } = await startSandbox()
    const page = await (await request(`${sandbox.url}/_sandbox`, { headers: { accept: 'text/html' } })).body.text()
    const buttons = [...page.matchAll(/data-call="([A-Z]+) ([^"]+)"(?: data-body="([^"]*)")?/g)]
    expect(buttons.length).toBeGreaterThan(15)
    for (const [, method = '', path = '', body] of buttons) {
      const answer = await control(method, path, body === undefined ? undefined : JSON.parse(body.replaceAll('&quot;', '"')))
      expect([method, path, answer.status]).toEqual([method, path, 200])
    }
  })

  it('lists the latest people and orders without personal data', async () => {
    const { control, profileId } = await startTrader()
    const { body } = await control('GET', '/recent')
    expect(body).toMatchObject({ people: [{ status: 'APPROVED', profiles: [profileId] }], orders: [] })
    expect(JSON.stringify(body)).not.toContain('Moreno')
  })
})

describe('F34: a wrong value for a knob', () => {
  it.each([
    [{ defaultDecision: 'maybe' }, 'defaultDecision', 'approve'],
    [{ decisionDelayMs: 'soon' }, 'decisionDelayMs', 'expected number'],
    [{ commissionRate: 0.1 }, 'commissionRate', 'expected string'],
    [{ commissionRate: '2' }, 'commissionRate', 'must be a decimal from 0 to 0.999999'],
    [{ colour: 'red' }, 'colour', 'is not known here'],
  ])('%j is refused with the field and what is expected, never "Invalid input" alone', async (change, field, words) => {
    const { control } = await startSandbox()
    const { status, body } = await control('PATCH', '/settings', change)
    expect(status).toBe(400)
    expect(body.detail).toContain(`${field}: `)
    expect(body.detail).toContain(words)
    expect(body.detail).not.toMatch(/: Invalid input($|;)/)
  })
})
