import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerOperatorCommands } from '../../../src/cli/operator-commands.ts'
import { registerReplayCommands } from '../../../src/cli/replay-commands.ts'
import { ROLES, type Role } from '../../../src/domain/roles.ts'
import { openPages, type Pages } from '../open-pages.ts'
import { runCommand } from '../run-command.ts'
import { bearer, type Operator, type Reply, receiveDecided, startOperator } from '../start-operator.ts'

let operator: Operator
beforeAll(async () => {
  operator = await startOperator()
})
afterAll(() => operator.close())

const REASON = 'ticket 4711'
const as = (token: string, more: Record<string, string> = {}): Record<string, string> => ({ authorization: `Bearer ${token}`, ...more })
const admin = (method: 'GET' | 'POST', path: string, body?: object): Promise<Reply> =>
  operator.call(method, path, { headers: bearer({ 'x-operator': 'root' }), ...(body ? { body } : {}) })
const gatehouse = (...args: string[]): Promise<string> => runCommand(operator, registerOperatorCommands, ['operators', ...args])
const why = ['--operator', 'root', '--reason', REASON]

async function add(name: string, role: Role, kind = 'person'): Promise<void> {
  expect((await admin('POST', '/v1/operators', { name, role, kind, reason: REASON })).status).toBe(200)
}

async function token(name: string, more: object = {}): Promise<{ id: string; secret: string }> {
  const { status, body } = await admin('POST', `/v1/operators/${encodeURIComponent(name)}/tokens`, {
    label: 'laptop',
    reason: REASON,
    ...more,
  })
  expect(status).toBe(201)
  return { id: body.token.id, secret: body.secret }
}

const whoami = (secret: string): Promise<Reply> => operator.call('GET', '/v1/whoami', { headers: as(secret) })
const opens = async (pages: Pages, path = '/'): Promise<number> => (await pages.get(path)).status

describe('an operator with a token of its own', () => {
  it.each(ROLES)('has the permissions of the role %s on the API, under its own name', async (role) => {
    await add(`Person ${role}`, role)
    const { secret } = await token(`Person ${role}`)
    expect((await whoami(secret)).body).toMatchObject({ name: `Person ${role}`, kind: 'operator', role })
    const paused = await operator.call('POST', '/v1/queue/pause', { headers: as(secret), body: { reason: REASON } })
    expect([paused.status, paused.body.code]).toEqual(role === 'viewer' ? [403, 'PERMISSION_MISSING'] : [200, undefined])
    await admin('POST', '/v1/queue/resume', { reason: REASON })
    const operators = await operator.call('GET', '/v1/operators', { headers: as(secret) })
    expect(operators.status).toBe(role === 'admin' ? 200 : 403)
  })

  it('acts under no other name, and OPERATOR_TOKEN acts under no name of an operator, in any spelling', async () => {
    await add('Ada Moreno', 'approver')
    const { secret } = await token('Ada Moreno')
    const other = await operator.call('GET', '/v1/stats', { headers: as(secret, { 'x-operator': 'Grace' }) })
    expect([other.status, other.body.code]).toEqual([403, 'OPERATOR_NAME_REFUSED'])
    expect((await operator.call('GET', '/v1/stats', { headers: as(secret, { 'x-operator': 'ada moreno' }) })).status).toBe(200)
    const borrowed = await operator.call('GET', '/v1/stats', { headers: bearer({ 'x-operator': 'ADA MORENO' }) })
    expect([borrowed.status, borrowed.body.code]).toEqual([403, 'OPERATOR_NAME_REFUSED'])
  })

  it('approves no plan twice, even with two tokens, and a second person completes it', async () => {
    await add('Planner', 'approver')
    await add('Second', 'approver')
    const [one, two, second] = [await token('Planner'), await token('Planner'), await token('Second')]
    const eventIds = await receiveDecided(operator, { count: 26, refIdPrefix: 'two-people' })
    const plan = await operator.call('POST', '/v1/replays', { headers: as(one.secret), body: { eventIds } })
    const approve = (secret: string): Promise<Reply> =>
      operator.call('POST', `/v1/replays/${plan.body.id}/approve`, { headers: as(secret), body: { reason: REASON } })
    expect((await approve(one.secret)).body.state).toBe('awaiting_second')
    const again = await approve(two.secret)
    expect([again.status, again.body.code]).toEqual([409, 'REPLAY_SECOND_PERSON'])
    expect((await approve(second.secret)).status).toBe(200)
  })

  it('leaves the token in the audit, and people apart from programs', async () => {
    await add('Shop', 'operator', 'program')
    const { id, secret } = await token('Shop')
    await operator.call('POST', '/v1/queue/pause', { headers: as(secret), body: { reason: 'by the shop' } })
    await admin('POST', '/v1/queue/resume', { reason: REASON })
    const { body } = await admin('GET', '/v1/audit?operator=Shop')
    expect(body.items).toMatchObject([{ action: 'queue.pause', actorKind: 'api', reason: 'by the shop', data: { via: `token ${id}` } }])
    expect((await admin('GET', '/v1/audit?by=people&operator=Shop')).body.items).toEqual([])
    expect((await admin('GET', '/v1/audit?by=api&operator=Shop')).body.items).toHaveLength(1)
  })
})

describe('a token', () => {
  it('is stored as its hash alone, and shown once', async () => {
    await add('Hashed', 'viewer')
    const { secret } = await token('Hashed')
    expect(secret).toMatch(/^gatehouse_[\w-]{43}$/)
    const { rows } = await operator.pool.query('SELECT t::text AS row, hash FROM operator_token t WHERE operator = $1', ['Hashed'])
    expect(rows[0].row).not.toContain(secret)
    expect(rows[0].hash).toEqual(createHash('sha256').update(secret).digest())
    const listed = await admin('GET', '/v1/operators/hashed/tokens')
    expect(JSON.stringify(listed.body)).not.toContain(secret)
    expect((await operator.pool.query('SELECT e::text AS row FROM audit_entry e')).rows.map(({ row }) => row).join()).not.toContain(secret)
  })

  it('tells its last use, to the minute', async () => {
    await add('Used', 'viewer')
    const { id, secret } = await token('Used')
    const of = async (): Promise<string | null> =>
      (await admin('GET', '/v1/operators/Used/tokens')).body.items.find((each: { id: string }) => each.id === id).lastUsedAt
    expect(await of()).toBeNull()
    await whoami(secret)
    const first = await of()
    await whoami(secret)
    expect([typeof first, await of()]).toEqual(['string', first])
  })

  it('stops at once when it is revoked, and the answer says when and what to do', async () => {
    await add('Revoked', 'viewer')
    const { id, secret } = await token('Revoked')
    expect((await whoami(secret)).status).toBe(200)
    for (const status of [200, 200])
      expect((await admin('POST', `/v1/operators/tokens/${id}/revoke`, { reason: REASON })).status).toBe(status)
    const refused = await whoami(secret)
    expect([refused.status, refused.body.code]).toEqual([401, 'TOKEN_ENDED'])
    expect(refused.body.detail).toMatch(/"laptop" was revoked .* Ask an admin/)
  })

  it('stops when it expires', async () => {
    await add('Expiring', 'viewer')
    const { secret } = await token('Expiring', { expires: '1d' })
    expect((await whoami(secret)).status).toBe(200)
    operator.advanceClock(24 * 3_600_000 + 1)
    expect((await whoami(secret)).body).toMatchObject({ code: 'TOKEN_ENDED', detail: expect.stringContaining('expired') })
    operator.advanceClock(-24 * 3_600_000 - 1)
  })

  it("never does more than its operator's role, nor more than its own", async () => {
    await add('Shrinking', 'approver')
    const beyond = await admin('POST', '/v1/operators/Shrinking/tokens', { label: 'x', role: 'admin', reason: REASON })
    expect([beyond.status, beyond.body.code]).toEqual([409, 'OPERATOR_STATE'])
    const [small, full] = [await token('Shrinking', { role: 'viewer' }), await token('Shrinking')]
    expect([(await whoami(small.secret)).body.role, (await whoami(full.secret)).body.role]).toEqual(['viewer', 'approver'])
    await admin('POST', '/v1/operators/Shrinking/role', { role: 'viewer', reason: REASON })
    expect((await whoami(full.secret)).body.role).toBe('viewer')
  })
})

describe('a session of the pages', () => {
  it('has the role of the operator, and hides what the role does not allow, with the reason', async () => {
    await add('Reader', 'viewer')
    const pages = await openPages(operator, 'Reader', (await token('Reader')).secret)
    const queue = await (await pages.get('/queue')).text()
    expect(queue).not.toContain('action="/queue/pause"')
    expect(queue).toContain('lacks the permission queue.steer')
    expect(queue).not.toContain('href="/operators"')
    expect((await pages.post('/queue/pause', { reason: REASON })).status).toBe(403)
    expect(await opens(pages, '/operators')).toBe(403)
  })

  it('ends when its token is revoked, when the role shrinks, and when the operator is removed', async () => {
    await add('Ending', 'approver')
    const first = await token('Ending')
    const byToken = await openPages(operator, 'Ending', first.secret)
    expect(await opens(byToken)).toBe(200)
    await admin('POST', `/v1/operators/tokens/${first.id}/revoke`, { reason: REASON })
    expect(await opens(byToken)).toBe(303)
    const { secret } = await token('Ending')
    const byRole = await openPages(operator, 'Ending', secret)
    await admin('POST', '/v1/operators/Ending/role', { role: 'admin', reason: REASON })
    expect(await opens(byRole, '/operators')).toBe(403) // the token was made for an approver
    await admin('POST', '/v1/operators/Ending/role', { role: 'operator', reason: REASON })
    expect(await opens(byRole)).toBe(303)
    const byRemoval = await openPages(operator, 'ending', secret)
    expect(await opens(byRemoval)).toBe(200)
    await admin('POST', '/v1/operators/Ending/remove', { reason: REASON })
    expect(await opens(byRemoval)).toBe(303)
    expect((await whoami(secret)).body.code).toBe('TOKEN_ENDED')
  })

  it('does not survive a removal that its login overtook', async () => {
    await add('Racing', 'viewer')
    const pages = await openPages(operator, 'Racing', (await token('Racing')).secret)
    await operator.pool.query('UPDATE operator SET removed_at = now() WHERE name = $1', ['Racing'])
    expect(await opens(pages)).toBe(303)
  })

  it('is refused with the token of another operator, of a program, and with OPERATOR_TOKEN under the name of an operator', async () => {
    await add('Robot', 'operator', 'program')
    await add('Grace', 'operator')
    const robot = await token('Robot')
    for (const pages of [
      await openPages(operator, 'Robot', robot.secret),
      await openPages(operator, 'Grace', robot.secret),
      await openPages(operator, 'grace'),
    ])
      expect(await opens(pages)).toBe(303)
  })

  it('under a name that becomes an operator ends, so that OPERATOR_TOKEN keeps no session in that name', async () => {
    const pages = await openPages(operator, 'Newcomer')
    expect(await opens(pages)).toBe(200)
    await add('newcomer', 'viewer')
    expect(await opens(pages)).toBe(303)
  })

  it('of an admin adds an operator, creates a token, shows it once, and revokes it', async () => {
    const pages = await openPages(operator, 'Boss')
    expect((await pages.post('/operators', { name: 'By page', role: 'viewer', kind: 'person', reason: REASON })).status).toBe(303)
    const created = await pages.post('/operators/By%20page/tokens', { label: 'phone', role: 'viewer', reason: REASON })
    const [secret = ''] = /gatehouse_[\w-]{43}/.exec(await created.text()) ?? []
    expect((await whoami(secret)).body.name).toBe('By page')
    const page = await (await pages.get('/operators/By%20page')).text()
    expect(page).not.toContain(secret)
    const [, id = ''] = /tokens\/([0-9a-f-]{36})\/revoke/.exec(page) ?? []
    expect((await pages.post(`/operators/By%20page/tokens/${id}/revoke`, { reason: REASON })).status).toBe(303)
    expect((await whoami(secret)).body.code).toBe('TOKEN_ENDED')
    expect((await pages.post('/operators', { name: 'No reason', role: 'viewer', kind: 'person', reason: '' })).status).toBe(400)
  })
})

describe('gatehouse operators', () => {
  it('adds, lists, changes and removes operators, and creates, lists and revokes tokens', async () => {
    expect(await gatehouse('add', 'Linus', '--role', 'operator', ...why)).toBe('Linus (person) has the role operator.')
    const created = await gatehouse('token', 'create', 'linus', '--label', 'desk', '--expires', '90d', ...why)
    const [secret = ''] = created.split('\n')
    expect((await whoami(secret)).body).toMatchObject({ name: 'Linus', role: 'operator' })
    expect(await gatehouse('token', 'list', 'Linus')).toContain('desk')
    const [{ id }] = JSON.parse(await gatehouse('token', 'list', 'Linus', '--json'))
    expect(await gatehouse('token', 'revoke', id, ...why)).toContain('revoked')
    expect(await gatehouse('role', 'Linus', 'viewer', ...why)).toBe('Linus (person) has the role viewer.')
    expect(await gatehouse('remove', 'Linus', ...why)).toBe('Linus is removed.')
    expect(await gatehouse('list')).toMatch(/Linus\s+person\s+removed/)
  })

  it('says what is wrong, all at once', async () => {
    await expect(gatehouse('add', 'a/b', '--role', 'operator', ...why)).rejects.toThrow('name must be a name')
    await expect(gatehouse('role', 'Nobody', 'viewer', ...why)).rejects.toMatchObject({ code: 'OPERATOR_UNKNOWN' })
    await expect(gatehouse('token', 'create', 'Linus', '--label', ' ', '--expires', 'yesterday', ...why)).rejects.toThrow(
      /label is required.*expires must be/,
    )
    await expect(gatehouse('add', 'Linus', '--role', 'chief', ...why)).rejects.toThrow('viewer, operator, approver, admin')
  })

  it('C5: gives a command the role of the operator that it names, in the one spelling of the name', async () => {
    await gatehouse('add', 'Vera', '--role', 'viewer', ...why)
    const plan = (name: string): Promise<string> =>
      runCommand(operator, registerReplayCommands, ['replay', 'plan', '--state', 'dead', '--operator', name])
    await expect(plan('Vera')).rejects.toMatchObject({ code: 'PERMISSION_MISSING' })
    await expect(plan('vera')).rejects.toThrow('is written Vera')
    await gatehouse('remove', 'Vera', ...why)
    await expect(plan('Vera')).rejects.toThrow('was removed')
  })

  it('records who changed whom, why, and what it ended', async () => {
    const { items } = (await admin('GET', '/v1/audit?action=operator&limit=200')).body
    expect(items).toContainEqual(expect.objectContaining({ action: 'operator.add', operator: 'root', target: 'Linus', reason: REASON }))
    expect(items).toContainEqual(
      expect.objectContaining({ action: 'operator.role', target: 'Linus', data: { from: 'operator', to: 'viewer' } }),
    )
    expect(items).toContainEqual(
      expect.objectContaining({ action: 'operator.remove.done', target: 'Ending', data: { revokedTokens: 1, endedSessions: 1 } }),
    )
    expect(items).toContainEqual(expect.objectContaining({ action: 'operator.token.create', target: 'Linus' }))
  })
})
