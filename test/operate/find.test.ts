import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { API_SCHEMAS } from '../../src/api/api-schemas.ts'
import { registerFindCommand } from '../../src/cli/find-command.ts'
import { registerOnboardingCommands } from '../../src/cli/onboarding-commands.ts'
import { notificationKey } from '../../src/domain/notification.ts'
import { accountRefId } from '../../src/domain/onboarding/account-effect.ts'
import { samplePerson } from '../../src/sandbox/world/sample-person.ts'
import { openPages, type Pages } from './open-pages.ts'
import { runCommand } from './run-command.ts'
import { seedOnboarding } from './seed-onboarding.ts'
import { bearer, type Operator, type Reply, startOperator } from './start-operator.ts'

let operator: Operator
let pages: Pages
let customer: { identityId: string; accountId: string; profileId: string }
const refId = 'customer/4711 of May'
const eventId = randomUUID()

beforeAll(async () => {
  operator = await startOperator()
  pages = await openPages(operator)
  customer = await seedOnboarding(operator.ledger, { refId, statuses: ['APPROVED'] })
  for (let n = 0; n < 30; n += 1) await seedOnboarding(operator.ledger, { refId: `many-${n}` })
  await operator.accept({ id: eventId, type: 'identity.approved' })
})
afterAll(() => operator.close())

const find = (text: string): Promise<Reply> => operator.call('GET', `/v1/find?q=${encodeURIComponent(text)}`)

describe('F21: a search', () => {
  it.each<[string, () => string, string]>([
    ['an identity', () => customer.identityId, 'identity id'],
    ['an account', () => customer.accountId, 'account id'],
    ['a profile', () => customer.profileId, 'profile id'],
    ['a ref_id', () => refId, 'ref_id'],
    ["the account's key at Paxos", () => accountRefId(customer.identityId), 'key at Paxos (ref_id)'],
    ["a notification's webhook-id", () => notificationKey(customer.identityId, 'ready', 1), 'webhook-id'],
  ])('finds a customer by %s, whole, by its start, and with copied text around it', async (_what, text, matchedBy) => {
    for (const asked of [text(), text().slice(0, -3), `  "${text()}", `]) {
      const answer = API_SCHEMAS.FindAnswer.parse((await find(asked)).body)
      expect(answer.items).toContainEqual(
        expect.objectContaining({ matchedBy, value: text(), identityId: customer.identityId, exact: asked !== text().slice(0, -3) }),
      )
    }
  })

  it('finds an identity in upper case and without hyphens', async () => {
    for (const asked of [customer.identityId.toUpperCase(), customer.identityId.replaceAll('-', '')])
      expect((await find(asked)).body.items[0]).toMatchObject({ kind: 'onboarding', id: customer.identityId, exact: true })
  })

  it('finds an event by the start of its id, a replay, and the command of a request', async () => {
    expect((await find(eventId.slice(0, 9))).body.items).toMatchObject([{ kind: 'event', id: eventId, exact: false, state: 'accepted' }])
    const replay = await operator.useCases.planReplay({ eventIds: [eventId] }, { kind: 'operator', name: 'ada' })
    expect((await find(replay.id.slice(0, 13))).body.items).toMatchObject([
      { kind: 'replay', id: replay.id, page: `/replays/${replay.id}` },
    ])
    await operator.call('POST', '/v1/onboardings', { headers: bearer({ 'idempotency-key': 'find-me' }), body: samplePerson() })
    const { rows } = await operator.pool.query<{ id: string; stream_id: string }>('SELECT id, stream_id FROM command')
    const [command] = rows
    expect((await find(command!.id)).body.items).toMatchObject([{ kind: 'event', matchedBy: 'command id', exact: true }])
    expect((await find(command!.stream_id)).body.items[0]).toMatchObject({ kind: 'identity-request', id: command!.stream_id })
  })

  it('lists twenty of a kind and says that there are more', async () => {
    const { items, more } = (await find('many-')).body
    expect([items.length, more]).toEqual([20, true])
    expect((await find('many-2')).body).toMatchObject({ more: false, items: { length: 11 } })
  })

  it.each(['nothing-of-the-kind', "o'clock", '50%', '_', '\\'])('answers %s with an empty list, which is not an error', async (text) => {
    expect((await find(text)).body).toMatchObject({ items: [], more: false })
  })

  it.each(['', '   ', '""'])('requires a text instead of %j', async (text) => {
    const refused = await find(text)
    expect([refused.status, refused.body.errors[0].field]).toEqual([400, 'q'])
  })

  it('gives the same results on the command line, with the command that shows each', async () => {
    const found = await runCommand(operator, registerFindCommand, ['find', ` ${customer.accountId} `])
    expect(found).toMatch(new RegExp(`^onboarding +ready +account id +${customer.accountId} `, 'm'))
    expect(found).toContain(`Show it: gatehouse onboarding show ${customer.identityId}`)
    expect(await runCommand(operator, registerFindCommand, ['find', 'nowhere'])).toBe('No matches. No id and no key starts with nowhere.')
    const json = JSON.parse(await runCommand(operator, registerFindCommand, ['find', customer.accountId, '--json']))
    expect(json).toEqual((await find(customer.accountId)).body)
  })

  it('leads from the search box of every page to a single match, and lists several', async () => {
    for (const path of ['/', '/events', '/onboardings', '/replays', '/audit', '/queue'])
      expect(await (await pages.get(path)).text(), path).toContain('action="/find"')
    const one = await pages.get(`/find?q=${customer.accountId}`)
    expect([one.status, one.headers.get('location')]).toEqual([303, `/onboardings/${customer.identityId}`])
    const several = await (await pages.get('/find?q=many-2')).text()
    expect(several).toContain('many-29')
    expect(several).toContain('value="many-2"')
    expect(await (await pages.get('/find?q=zz%3Cb')).text()).toContain('No id and no key starts with <code>zz&lt;b</code>')
    expect((await pages.get('/find?q=')).status).toBe(400)
  })

  it('shows an onboarding by its ref_id in the API, on the pages and on the command line', async () => {
    const upper = randomUUID().toUpperCase()
    const { identityId } = await seedOnboarding(operator.ledger, { refId: upper })
    await seedOnboarding(operator.ledger, { refId: 'plain-ref' })
    expect((await operator.call('GET', `/v1/onboardings/${upper}`)).body.identityId).toBe(identityId)
    expect((await pages.get('/onboardings/plain-ref')).status).toBe(200)
    const shown = await runCommand(operator, registerOnboardingCommands, ['onboarding', 'show', 'plain-ref'])
    expect(shown).toContain('plain-ref')
    await expect(runCommand(operator, registerOnboardingCommands, ['onboarding', 'show', 'unheard-of'])).rejects.toThrow(
      'gatehouse find unheard-',
    )
  })
})
