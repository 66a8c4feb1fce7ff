import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { API_SCHEMAS } from '../../../src/api/api-schemas.ts'
import { registerEventCommands } from '../../../src/cli/event-commands.ts'
import { registerIssueCommands } from '../../../src/cli/issue-commands.ts'
import { registerReplayCommands } from '../../../src/cli/replay-commands.ts'
import type { Issue } from '../../../src/operate/use-cases.ts'
import { failApprovals, workOn } from '../fail-events.ts'
import { openPages, type Pages } from '../open-pages.ts'
import { runCommand } from '../run-command.ts'
import { bearer, type Operator, type Reply, startOperator } from '../start-operator.ts'

let operator: Operator
let pages: Pages
let refused: string[]
beforeAll(async () => {
  operator = await startOperator()
  pages = await openPages(operator)
  refused = await failApprovals(operator, { count: 3, status: 400, prefix: 'refused' })
  await failApprovals(operator, { count: 2, status: 403, prefix: 'forbidden' })
  const forged = randomUUID()
  await operator.accept({ id: forged, type: 'identity.approved' })
  await operator.pool.query(`UPDATE inbox_event SET received_at = now() - interval '1 minute' WHERE event_id = $1`, [forged])
  await workOn(operator, [forged])
})
afterAll(() => operator.close())

const get = (path: string): Promise<Reply> => operator.call('GET', path)
const act = (path: string, body: object): Promise<Reply> => operator.call('POST', path, { headers: bearer({ 'x-operator': 'ada' }), body })
const list = async (state = ''): Promise<Issue[]> =>
  API_SCHEMAS.IssueList.parse((await get(`/v1/issues${state && `?state=${state}`}`)).body).items as unknown as Issue[]
const byCode = async (code: string, state = 'all'): Promise<Issue> => (await list(state)).find((issue) => issue.code === code)!
const home = async (): Promise<string[]> => (await get('/v1/home')).body.problems.map(({ sentence }: { sentence: string }) => sentence)

describe('the issues', () => {
  it('B13: group failures by effect, call, status, code and problem type, largest first', async () => {
    const issues = await list()
    expect(
      issues.map(({ code, effectKind, operation, status, parked, customers }) => [code, effectKind, operation, status, parked, customers]),
    ).toEqual([
      ['PAXOS_REJECTED', 'create-account', 'accounts.create', 400, 3, 3],
      ['PAXOS_FORBIDDEN', 'create-account', 'accounts.create', 403, 2, 2],
      ['EVENT_UNKNOWN_TO_PAXOS', null, null, null, 1, 0],
    ])
    expect(issues[0]).toMatchObject({ state: 'open', unfinished: 0, dead: 0, atLeast: false, reopened: false, treatedBy: null })
  })

  it('B13: filter the events by issue, by code and by step, in the API, on the pages and on the command line', async () => {
    const { id } = await byCode('PAXOS_REJECTED')
    for (const filter of [`cause=${id}`, 'cause=PAXOS_REJECTED', `cause=${id}&step=create-account&state=parked`]) {
      const { items } = (await get(`/v1/events?${filter}`)).body
      expect(items.map(({ eventId }: { eventId: string }) => eventId).toSorted(), filter).toEqual(refused.toSorted())
    }
    expect((await get('/v1/events?step=create-account')).body.items).toHaveLength(5)
    expect((await get('/v1/events?step=place-order')).body.items).toEqual([])
    expect((await get('/v1/events?cause=NEVER_HEARD_OF')).body.items).toEqual([])
    const printed = await runCommand(operator, registerEventCommands, ['event', 'list', '--cause', id])
    expect(refused.filter((eventId) => printed.includes(eventId))).toHaveLength(3)
    const page = await (await pages.get(`/events?cause=${id}`)).text()
    expect(refused.filter((eventId) => page.includes(eventId))).toHaveLength(3)
    expect((await get('/v1/events?cause=a%20b')).body.errors[0].field).toBe('cause')
  })

  it('show one with its failures by hour and its newest events, and lead to a plan of only its events', async () => {
    const { id } = await byCode('PAXOS_REJECTED')
    const issue = API_SCHEMAS.IssueStory.parse((await get(`/v1/issues/${id}`)).body)
    expect(issue.byHour.at(-1)).toBe(3)
    expect(issue.events).toHaveLength(3)
    const shown = await runCommand(operator, registerIssueCommands, ['issue', 'show', id])
    expect(shown).toContain('PAXOS_REJECTED: create-account, accounts.create answered 400')
    expect(shown).toContain(`gatehouse replay plan --issue ${id}`)
    const plan = (await act('/v1/replays', { issueIds: [id] })).body
    expect([plan.events, plan.filter.issueIds]).toEqual([3, [id]])
    expect(await runCommand(operator, registerReplayCommands, ['replay', 'plan', '--issue', id])).toContain('3 events')
    const planned = await pages.post('/replays', { issueIds: id })
    expect((await get(`/v1${planned.headers.get('location')}`)).body.events).toBe(3)
  })

  it('are on the home page with effect and call, each with a link to its issue', async () => {
    const { id } = await byCode('PAXOS_REJECTED')
    expect(await home()).toContain('3 events parked: EFFECT_REFUSED (PAXOS_REJECTED), create-account, accounts.create answered 400.')
    const page = await (await pages.get('/')).text()
    expect(page).toContain(`href="/issues/${id}"`)
  })

  it.each(['/v1/issues/0123456789ab'])('answer 404 to %s, also to its actions', async (path) => {
    expect((await get(path)).body.code).toBe('ISSUE_UNKNOWN')
    expect((await act(`${path}/resolve`, { reason: 'fixed' })).body.code).toBe('ISSUE_UNKNOWN')
    expect((await pages.get('/issues/0123456789ab')).status).toBe(404)
    await expect(runCommand(operator, registerIssueCommands, ['issue', 'show', '0123456789ab'])).rejects.toThrow('Unknown issue')
  })
})

describe('a decision about an issue', () => {
  it('B4: acknowledges it with a reason, a note and a ticket, and home shows it as a warning', async () => {
    const { id } = await byCode('EVENT_UNKNOWN_TO_PAXOS')
    expect((await act(`/v1/issues/${id}/acknowledge`, { reason: 'x' })).body.errors[0].message).toContain('at least 3 characters')
    const { body } = await act(`/v1/issues/${id}/acknowledge`, { reason: 'asked the key owner' })
    expect(body).toMatchObject({ state: 'acknowledged', treatedBy: 'ada', reason: 'asked the key owner' })
    const noted = (await act(`/v1/issues/${id}/note`, { note: 'see mail', link: 'https://tickets.example.com/7' })).body
    expect(noted).toMatchObject({ note: 'see mail', link: 'https://tickets.example.com/7' })
    expect((await act(`/v1/issues/${id}/note`, { link: 'javascript:alert(1)' })).body.errors[0].field).toBe('link')
    expect((await act(`/v1/issues/${id}/note`, { link: null })).body).toMatchObject({ note: 'see mail', link: null })
    const { problems } = (await get('/v1/home')).body
    expect(problems).toContainEqual(
      expect.objectContaining({ severity: 'warning', sentence: expect.stringContaining('Acknowledged by ada: asked the key owner.') }),
    )
    const { items } = (await get('/v1/audit?limit=10')).body
    expect(items).toContainEqual(expect.objectContaining({ action: 'issue.acknowledge', target: `issue:${id}`, operator: 'ada' }))
  })

  it('B3: mutes it until a time, counts the muted failures, and ends by itself', async () => {
    const { id } = await byCode('PAXOS_FORBIDDEN')
    const day = new Date(Date.now() + 86_400_000).toISOString()
    expect((await act(`/v1/issues/${id}/mute`, { reason: 'known' })).body.errors[0].field).toBe('until')
    expect((await act(`/v1/issues/${id}/mute`, { reason: 'known', until: '2h' })).status).toBe(400)
    expect((await act(`/v1/issues/${id}/mute`, { reason: 'scope is on its way', until: day })).body.state).toBe('muted')
    expect((await home()).join()).not.toContain('PAXOS_FORBIDDEN')
    await failApprovals(operator, { count: 1, status: 403, prefix: 'swallowed' })
    expect((await home()).join()).not.toContain('PAXOS_FORBIDDEN')
    expect(await list()).not.toContainEqual(expect.objectContaining({ id }))
    expect(await byCode('PAXOS_FORBIDDEN', 'muted')).toMatchObject({ parked: 3, sinceTreated: 1 })
    expect(await (await pages.get(`/issues/${id}`)).text()).toContain('1 event failed since and is not on the home page.')
    await operator.pool.query(`UPDATE failure_cause SET muted_until = now() WHERE id = $1`, [id])
    expect(await byCode('PAXOS_FORBIDDEN')).toMatchObject({ state: 'open' })
    expect((await home()).join()).toContain('PAXOS_FORBIDDEN')
  })

  it('B5: resolves it from now on: events in progress do not reopen it, a later failure does', async () => {
    const { id } = await byCode('PAXOS_REJECTED')
    const [inProgress] = await operator.sandbox.populate({ count: 1, refIdPrefix: 'in-progress', decision: 'approve', deliver: false })
    await operator.accept(inProgress!)
    expect((await act(`/v1/issues/${id}/resolve`, { reason: 'Paxos fixed it' })).body.state).toBe('resolved')
    const fault = operator.sandbox.faults.arm({ on: 'POST /identity/accounts', do: 'answer', status: 400 })
    await workOn(operator, [inProgress!.id])
    operator.sandbox.faults.disarm(fault)
    expect(await byCode('PAXOS_REJECTED')).toMatchObject({ state: 'resolved', reopened: false, parked: 4 })
    expect((await home()).join()).not.toContain('PAXOS_REJECTED')
    await failApprovals(operator, { count: 1, status: 400, prefix: 'later' })
    expect(await byCode('PAXOS_REJECTED')).toMatchObject({ state: 'open', reopened: true, parked: 5 })
    expect((await home()).join()).toContain('1 event parked: EFFECT_REFUSED (PAXOS_REJECTED)')
  })

  it('B5: counts a replay that fails after the resolution as a later failure', async () => {
    const { id } = await byCode('PAXOS_REJECTED')
    await act(`/v1/issues/${id}/resolve`, { reason: 'Paxos fixed it' })
    expect(await byCode('PAXOS_REJECTED')).toMatchObject({ state: 'resolved' })
    await operator.pool.query(
      `UPDATE inbox_event SET state = 'accepted', generation = generation + 1, completed_at = NULL WHERE event_id = $1`,
      [refused[0]],
    )
    const fault = operator.sandbox.faults.arm({ on: 'POST /identity/accounts', do: 'answer', status: 400 })
    await workOn(operator, [refused[0]!])
    operator.sandbox.faults.disarm(fault)
    expect(await byCode('PAXOS_REJECTED')).toMatchObject({ state: 'open', reopened: true })
  })

  it('is the same on the command line and on the pages', async () => {
    const { id } = await byCode('PAXOS_REJECTED')
    const who = ['--operator', 'ada', '--reason', 'fixed again']
    expect(await runCommand(operator, registerIssueCommands, ['issue', 'resolve', id, ...who])).toMatch(/^state +resolved$/m)
    expect(await runCommand(operator, registerIssueCommands, ['issue', 'list', '--state', 'resolved'])).toContain(id)
    const reopened = await pages.post(`/issues/${id}/reopen`, { reason: 'it is not' })
    expect(reopened.headers.get('location')).toBe(`/issues/${id}`)
    expect(await byCode('PAXOS_REJECTED')).toMatchObject({ state: 'open', treatedBy: 'Ada' })
    await pages.post(`/issues/${id}/note`, { note: 'look at the scopes', link: '' })
    expect(await (await pages.get('/issues')).text()).toContain('look at the scopes')
  })

  it('ends when its events have succeeded, and the cause of an event goes with its error', async () => {
    const { id } = await byCode('PAXOS_REJECTED')
    await operator.pool.query(
      `UPDATE inbox_event SET state = 'accepted', generation = generation + 1, completed_at = NULL WHERE cause_id = $1`,
      [id],
    )
    const { rows } = await operator.pool.query<{ event_id: string }>('SELECT event_id FROM inbox_event WHERE cause_id = $1', [id])
    expect(await byCode('PAXOS_REJECTED')).toMatchObject({ parked: 0, unfinished: 5 })
    await operator.pool.query(`UPDATE effect SET state = 'suppressed' WHERE state = 'refused' AND step = 'account'`)
    await workOn(
      operator,
      rows.map(({ event_id }) => event_id),
    )
    const { rows: left } = await operator.pool.query(
      `SELECT state, error_code FROM inbox_event WHERE cause_id = $1 AND state IN ('parked', 'dead')`,
      [id],
    )
    expect(left).toEqual([])
  })
})
