import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SESSION_SECONDS } from '../../src/operate/access/sessions.ts'
import { seedOnboarding } from '../operate/seed-onboarding.ts'
import { lockOut, type Operator, receiveDecided, startOperator, TOKEN } from '../operate/start-operator.ts'

let operator: Operator
let cookie = ''
beforeAll(async () => {
  operator = await startOperator()
  cookie = cookieOf(await login({ name: 'Ada', token: TOKEN }))
})
afterAll(() => operator.close())

const HTML = { accept: 'text/html,application/xhtml+xml' }

function get(path: string, headers: Record<string, string> = { cookie }): Promise<Response> {
  return fetch(`${operator.url}${path}`, { redirect: 'manual', headers: { ...HTML, ...headers } })
}

/** As a browser sends a form of our own page, unless `headers` say otherwise. */
function post(path: string, form: Record<string, string>, headers: Record<string, string> = { cookie }): Promise<Response> {
  return fetch(`${operator.url}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { ...HTML, origin: operator.url, ...headers },
    body: new URLSearchParams(form),
  })
}

const login = (form: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> => post('/login', form, headers)
const cookieOf = (response: Response): string => response.headers.get('set-cookie')?.split(';')[0] ?? ''

describe('when a person without a session opens a page', () => {
  it.each(['/', '/onboardings?state=held', `/events/${randomUUID()}`, '/replays', '/replays/new', '/audit'])(
    'the server sends %s to the login and back',
    async (path) => {
      const answer = await get(path, {})
      expect([answer.status, answer.headers.get('location')]).toEqual([303, `/login?next=${encodeURIComponent(path)}`])
      const page = await (await get(answer.headers.get('location') ?? '', {})).text()
      expect(page).toContain(`<input type="hidden" name="next" value="${path.replaceAll('&', '&amp;')}">`)
    },
  )

  it('the server does nothing for a form', async () => {
    const answer = await post('/replays', { states: 'parked' }, {})
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/login?next=%2F'])
  })
})

describe('the login', () => {
  it('accepts the token, and keeps the session out of reach of scripts and other sites', async () => {
    const answer = await login({ name: 'Ada', token: TOKEN, next: '/events' })
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/events'])
    expect(answer.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict$/)
    expect(answer.headers.get('set-cookie')).not.toContain(TOKEN)
  })

  it('F70: limits the cookie to TLS and this host when the browser came over TLS', async () => {
    const answer = await login({ name: 'Ada', token: TOKEN }, { origin: 'https://gatehouse.example', 'sec-fetch-site': 'same-origin' })
    expect(answer.headers.get('set-cookie')).toMatch(/^__Host-gatehouse_session=[\w-]{43}; .*; Path=\/; HttpOnly; Secure; SameSite=Strict$/)
    expect((await get('/', { cookie: cookieOf(answer) })).status).toBe(200)
  })

  it('refuses a wrong token and an invalid name, and sets no cookie', async () => {
    for (const [form, status] of [
      [{ name: 'Ada', token: 'wrong' }, 401],
      [{ name: 'Ada', token: '' }, 401],
      [{ name: '<b>', token: TOKEN }, 400],
      [{ name: '', token: TOKEN }, 400],
    ] as const) {
      const answer = await login(form)
      expect([answer.status, answer.headers.get('set-cookie')]).toEqual([status, null])
      expect(await answer.text()).toContain('role="alert"')
    }
  })

  it.each(['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)'])('never redirects to %s', async (next) => {
    expect((await login({ name: 'Ada', token: TOKEN, next })).headers.get('location')).toBe('/')
  })
})

describe('a session', () => {
  it('ends with the logout', async () => {
    const answer = await post('/logout', {}, { cookie: cookieOf(await login({ name: 'Grace', token: TOKEN }, {})) })
    expect(answer.headers.get('location')).toBe('/login')
    expect(answer.headers.get('set-cookie')).toMatch(/^gatehouse_session=;/)
  })

  it('F64: ends with the logout for a copy of the cookie too', async () => {
    const mine = cookieOf(await login({ name: 'Grace', token: TOKEN }, {}))
    expect((await get('/', { cookie: mine })).status).toBe(200)
    await post('/logout', {}, { cookie: mine })
    expect((await get('/', { cookie: mine })).status).toBe(303)
  })

  it("F64: ends with the next login of the same browser, and when its operator's sessions are ended", async () => {
    const first = cookieOf(await login({ name: 'Grace', token: TOKEN }, {}))
    const second = cookieOf(await login({ name: 'Grace', token: TOKEN }, { cookie: first }))
    expect((await get('/', { cookie: first })).status).toBe(303)
    expect((await get('/', { cookie: second })).status).toBe(200)
    const actor = { kind: 'operator', name: 'Ada' } as const
    expect(await operator.useCases.endSessions({ operator: 'Grace', reason: 'laptop stolen' }, actor)).toBe(1)
    expect((await get('/', { cookie: second })).status).toBe(303)
    expect((await get('/')).status).toBe(200)
  })

  it('F64: ends without activity, and a page that refreshes itself is not activity', async () => {
    const mine = cookieOf(await login({ name: 'Grace', token: TOKEN }, {}))
    const status = async (destination: string): Promise<number> => (await get('/', { cookie: mine, 'sec-fetch-dest': destination })).status
    operator.advanceClock(40 * 60_000)
    expect(await status('document')).toBe(200)
    operator.advanceClock(40 * 60_000)
    expect(await status('empty')).toBe(200)
    operator.advanceClock(40 * 60_000)
    expect(await status('document')).toBe(303)
    operator.advanceClock(-120 * 60_000)
  })

  it('F64: ends after twelve hours of activity, and is invalid when its cookie is changed', async () => {
    const mine = cookieOf(await login({ name: 'Grace', token: TOKEN }, {}))
    const value = mine.split('=')[1] ?? ''
    for (const changed of [`${value}x`, value.slice(1), '', 'x']) {
      expect((await get('/', { cookie: `gatehouse_session=${changed}` })).status, changed).toBe(303)
    }
    const half = 30 * 60_000
    for (let at = 0; at < SESSION_SECONDS * 1_000; at += half) {
      expect((await get('/', { cookie: mine })).status).toBe(200)
      operator.advanceClock(half)
    }
    expect((await get('/', { cookie: mine })).status).toBe(303)
    operator.advanceClock(-SESSION_SECONDS * 1_000)
  })

  it('F64: is stored as a hash only', async () => {
    const mine = cookieOf(await login({ name: 'Grace', token: TOKEN }, {})).split('=')[1] ?? ''
    const { rows } = await operator.pool.query('SELECT t::text AS row FROM operator_session t')
    expect(rows.length).toBeGreaterThan(0)
    for (const { row } of rows) {
      expect(row).not.toContain(mine)
      expect(row).not.toContain(Buffer.from(mine, 'base64url').toString('hex'))
    }
  })

  it('F55: is in the audit when it begins and when it ends', async () => {
    const mine = cookieOf(await login({ name: 'Linus', token: TOKEN }, {}))
    await post('/logout', {}, { cookie: mine })
    const { items } = await operator.useCases.listAudit({ operator: 'Linus', limit: 5 })
    expect(items.map(({ action }) => action)).toEqual(['session.close', 'session.open'])
  })

  it('does not open the API, which requires the token', async () => {
    expect((await get('/v1/stats')).status).toBe(401)
  })
})

describe("when another site's page sends our form with a session", () => {
  it.each<[string, Record<string, string>]>([
    ['is recognised by its origin', { origin: 'https://evil.example' }],
    ['is recognised by a hidden origin', { origin: 'null' }],
    ["is recognised by the browser's fetch metadata", { origin: 'http://same', 'sec-fetch-site': 'cross-site' }],
    ['is recognised as a neighbour of the same site', { 'sec-fetch-site': 'same-site' }],
  ])('the server refuses it when it %s', async (_name, headers) => {
    const before = await operator.useCases.listAudit({ limit: 1 })
    for (const path of ['/replays', `/replays/${randomUUID()}/approve`, '/logout', '/login']) {
      const answer = await post(path, { reason: 'because', name: 'Eve', token: TOKEN }, { cookie, ...headers })
      expect([path, answer.status]).toEqual([path, 403])
    }
    expect(await operator.useCases.listAudit({ limit: 1 })).toEqual(before)
  })

  it('the server refuses a form without an origin', async () => {
    const answer = await fetch(`${operator.url}/replays`, {
      method: 'POST',
      headers: { cookie },
      body: new URLSearchParams({ states: 'parked' }),
    })
    expect(answer.status).toBe(403)
  })
})

describe('the pages', () => {
  const evil = '<script>alert(1)</script>"\'&'
  it('escape all values, and allow no script but their own file', async () => {
    const { identityId } = await seedOnboarding(operator.ledger, { refId: evil, statuses: ['APPROVED', 'DENIED'] })
    const eventId = randomUUID()
    await operator.accept({ id: eventId, type: evil })
    await operator.pool.query(
      `UPDATE inbox_event SET identity_id = $1, state = 'parked', error_code = $2, error_detail = $2, completed_at = now() WHERE event_id = $3`,
      [identityId, evil, eventId],
    )
    const filter = encodeURIComponent(evil)
    const paths = [
      '/',
      '/onboardings',
      `/onboardings?q=${filter}`,
      `/onboardings/${identityId}`,
      '/events',
      `/events/${eventId}`,
      `/events?type=${filter}`,
    ]
    for (const path of paths) {
      const answer = await get(path)
      const page = await answer.text()
      expect([path, answer.status]).toEqual([path, 200])
      expect(page, path).toContain('&lt;script&gt;alert(1)')
      expect(page, path).not.toContain('<script>')
      expect(page, path).not.toContain('"\'&')
      expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'self'; script-src 'self'/)
      expect(answer.headers.get('referrer-policy')).toBe('same-origin')
      expect(page).not.toMatch(/ style=| on[a-z]+="/)
    }
  })

  it('show on the home page what waits for an operator, each number with a link to its list', async () => {
    const page = await (await get('/')).text()
    expect(page).toContain('<a href="/events?state=parked">1 event parked: ')
    expect(page).toContain('<a href="/onboardings?state=held">1 onboarding held: the facts about the customer contradict each other.</a>')
    for (const state of ['pending', 'documents_required', 'approved', 'ready', 'denied', 'disabled', 'held']) {
      expect(page).toContain(`href="/onboardings?state=${state}"`)
    }
  })

  it('show on the home page that no worker takes jobs, after one minute of that', async () => {
    const takenAgo = (seconds: number) =>
      operator.pool.query('UPDATE canary SET seen_by = $1, seen_at = now() - make_interval(secs => $2)', ['host:1', seconds])
    const quiet = /A worker is running, but no job was taken for 3 min/
    expect(await (await get('/')).text()).not.toMatch(quiet)
    await takenAgo(20)
    expect(await (await get('/')).text()).not.toMatch(/no worker has/)
    await takenAgo(185)
    expect(await (await get('/')).text()).toMatch(quiet)
    await takenAgo(0)
  })

  it('show on the home page how long the backlog takes, and how long Paxos allows no calls', async () => {
    const locked = /Paxos answered 429 \(too many requests\), so Gatehouse does not call it for another 5 min/
    await operator.accept({ id: randomUUID(), type: 'identity.approved' })
    const before = await (await get('/')).text()
    expect(before).toContain('rate limits: 1 s.')
    expect(before).not.toMatch(locked)
    await lockOut(operator, 299)
    expect(await (await get('/')).text()).toMatch(locked)
    const { body } = await operator.call('GET', '/v1/stats')
    expect(body.upstream.lockedForSeconds).toBeGreaterThan(240)
    expect(body.upstream.backlogSeconds).toBeGreaterThan(240)
    await lockOut(operator, 0)
  })

  it('keep the filters over the pages of a list', async () => {
    for (let n = 0; n < 3; n += 1) await seedOnboarding(operator.ledger, { refId: `paged-${n}` })
    const first = await (await get('/onboardings?state=&q=paged-&limit=2')).text()
    const older = /class="button" href="([^"]+)">Older/.exec(first)?.[1]?.replaceAll('&amp;', '&') ?? ''
    expect(older).toMatch(/^\/onboardings\?q=paged-&cursor=/)
    const second = await (await get(`${older}&limit=2`)).text()
    expect([first, second].map((page) => [...page.matchAll(/>(paged-\d)<\/a>/g)].map(([, name]) => name))).toEqual([
      ['paged-2', 'paged-1'],
      ['paged-0'],
    ])
    expect(second).not.toContain('>Older<')
  })

  it('explain an empty list', async () => {
    expect(await (await get('/replays')).text()).toContain('No replay yet.')
    expect(await (await get('/events?state=dead')).text()).toContain('No action needed.')
    expect(await (await get('/onboardings?q=nobody')).text()).toContain('Names and personal numbers are not searchable')
    expect(await (await get('/onboardings?state=disabled')).text()).toContain('No onboarding is disabled')
  })

  it.each([
    ['/events?state=lost', 400, 'state must be one of accepted, processed, parked, dead, test, dismissed'],
    ['/events?from=yesterday', 400, 'from must be a time with its zone'],
    ['/onboardings?cursor=x', 400, 'is not a cursor of this list'],
    ['/onboardings/abc', 404, 'Unknown onboarding.'],
    [`/events/${randomUUID()}`, 404, 'Unknown event: Gatehouse never received it'],
    [`/replays/${randomUUID()}`, 404, 'Unknown replay.'],
    ['/nothing', 404, 'Unknown page.'],
  ])('answer %s with %i and a page that says what is wrong', async (path, status, text) => {
    const answer = await get(path)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8'])
    expect(await answer.text()).toContain(text)
  })

  it('F26: show the filters again when one is wrong, each with its value, and a message beside the wrong one', async () => {
    const answer = await get('/events?state=parked&type=identity.approved&from=yesterday')
    const page = await answer.text()
    expect(answer.status).toBe(400)
    expect(page).toContain('<option value="parked" selected>')
    expect(page).toContain('name="type" value="identity.approved"')
    expect(page).toMatch(/name="from" value="yesterday"[^>]* aria-invalid="true" aria-describedby="wrong-from"/)
    expect(page).toContain('id="wrong-from">must be a time with its zone (2026-03-01T12:00:00Z), a date, an age (15m, 2h, 3d), or now')
    expect(page).not.toContain('aria-describedby="wrong-state"')
  })

  it('F26: show the filters of the onboardings again when one is wrong', async () => {
    const answer = await get('/onboardings?state=lost&q=user-1')
    const page = await answer.text()
    expect(answer.status).toBe(400)
    expect(page).toContain('name="q" value="user-1"')
    expect(page).toMatch(/name="state" aria-invalid="true" aria-describedby="wrong-state"/)
  })

  it('F26: show the form of a plan again when a value is wrong, with each value', async () => {
    const sent = { states: 'dead', types: 'identity.approved', from: 'yesterday', limit: '0' }
    const answer = await post('/replays', sent)
    const page = await answer.text()
    expect(answer.status).toBe(400)
    expect(page).toMatch(/name="states" value="dead" checked/)
    expect(page).not.toMatch(/name="states" value="parked" checked/)
    expect(page).toContain('name="types" value="identity.approved"')
    expect(page).toMatch(/name="from" value="yesterday"[^>]* aria-describedby="wrong-from"/)
    expect(page).toMatch(/id="wrong-limit">/)
  })

  it('F26: show the issues again with their filter when it is wrong', async () => {
    const answer = await get('/issues?state=lost')
    const page = await answer.text()
    expect(answer.status).toBe(400)
    expect(page).toMatch(/name="state" aria-invalid="true" aria-describedby="wrong-state"/)
    expect(page).toContain('<h1>Issues</h1>')
  })

  it('F26: show the list of replays with a message when its address is wrong', async () => {
    const answer = await get('/replays?limit=none')
    const page = await answer.text()
    expect(answer.status).toBe(400)
    expect(page).toContain('limit must be')
    expect(page).toContain('href="/replays">Show the newest')
  })

  it.each([
    ['/queue/pause', '/queue', { reason: 'x' }, ['reason', 'x']],
    ['/events/some-event/dismiss', '/events/some-event', { reason: 'x' }, ['reason', 'x']],
    ['/issues/an-issue/mute', '/issues/an-issue', { reason: 'deploy 42', until: 'never' }, ['until', 'never']],
    ['/issues/an-issue/note', '/issues/an-issue', { note: 'asked the bank', link: 'ticket 42' }, ['link', 'ticket 42']],
  ])(
    'F26: show the form of %s again when a value is wrong, with each value',
    async (path, from, sent: Record<string, string>, [name, value]) => {
      const answer = await post(path, sent)
      const page = await answer.text()
      expect(answer.status).toBe(400)
      expect(page).toContain(`action="${path}"`)
      expect(page).toContain(`href="${from}">Back to the page`)
      expect(page).toMatch(new RegExp(`name="${name}" value="${value}"[^>]* aria-describedby="wrong-${name}"`))
      for (const [each, text] of Object.entries(sent)) expect(page).toContain(`name="${each}" value="${text}"`)
    },
  )

  it('F26, F30: accept the times of the commands, and filter the audit', async () => {
    expect((await get('/events?from=2h&to=2026-03-01')).status).toBe(200)
    await operator.useCases.pauseQueue({ reason: 'filter me' }, { kind: 'operator', name: 'grace' })
    await operator.useCases.resumeQueue({ reason: 'filtered' }, { kind: 'operator', name: 'grace' })
    const audit = await (await get('/audit?by=people&operator=grace&action=queue.pause&from=1h')).text()
    expect(audit).toContain('filter me')
    expect(audit).not.toContain('queue.resume')
    expect(audit).toContain('name="operator" value="grace"')
    expect(await (await get('/audit?operator=nobody')).text()).toContain('No entry matches')
    expect((await get('/audit?from=never')).status).toBe(400)
  })

  it('load a stylesheet and a script of their own without a login', async () => {
    for (const [path, type] of [
      ['/assets/pages.css', 'text/css; charset=utf-8'],
      ['/assets/pages.js', 'text/javascript; charset=utf-8'],
    ] as const) {
      const answer = await get(path, {})
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type])
    }
  })
})

describe('when an event cannot succeed', () => {
  it('F11: an operator dismisses and restores it on its page', async () => {
    const [eventId = ''] = await receiveDecided(operator, { count: 1, refIdPrefix: 'page-hopeless-' })
    await operator.pool.query(`UPDATE inbox_event SET state = 'dead', completed_at = now() WHERE event_id = $1`, [eventId])
    const path = `/events/${eventId}`
    expect(await (await get(path)).text()).toContain(`action="${path}/dismiss"`)
    expect((await post(`${path}/dismiss`, { reason: 'forged, ticket 7' })).headers.get('location')).toBe(path)
    const dismissed = await (await get(path)).text()
    expect(dismissed).toContain('forged, ticket 7')
    expect(dismissed).not.toContain('Plan a replay</button>')
    expect((await post(`${path}/undismiss`, { reason: 'it was real' })).status).toBe(303)
    expect(await (await get(path)).text()).toContain('badge dead')
  })
})

describe('when an operator replays from the pages', () => {
  it('the page plans, shows what the plan would do, and runs it once with name and reason', async () => {
    const [event] = await operator.sandbox.populate({ count: 1, refIdPrefix: 'by-hand-', decision: 'approve', deliver: false })
    if (!event) throw new Error('the simulator made no event')
    await operator.accept(event)
    await operator.pool.query(`UPDATE inbox_event SET state = 'dead', completed_at = now() WHERE event_id = $1`, [event.id])
    const planned = await post('/replays', {
      eventIds: ` ${event.id}\n`,
      identityIds: '',
      types: '',
      from: '',
      to: '',
      limit: '',
      states: 'dead',
    })
    expect(planned.status).toBe(303)
    const path = planned.headers.get('location') ?? ''
    const plan = await (await get(path)).text()
    expect(plan).toContain('would-create-account')
    expect(plan).toContain(`action="${path}/approve"`)
    expect(plan).toContain('about 1 s within Paxos&#39;s rate limits, current backlog included')
    expect(plan).not.toContain('answered 429')
    await lockOut(operator, 299)
    const locked = await (await get(path)).text()
    expect(locked).toContain('about 5 min within Paxos&#39;s rate limits, current backlog included')
    expect(locked).toContain('Paxos answered 429, so Gatehouse does not call it for another 5 min. The run then continues by itself.')
    await lockOut(operator, 0)
    const unreasoned = await post(`${path}/approve`, { reason: ' ' })
    expect([unreasoned.status, (await unreasoned.text()).includes('reason must have at least 3 characters')]).toEqual([400, true])
    expect((await post(`${path}/approve`, { reason: 'incident 7' })).headers.get('location')).toBe(path)
    const run = await (await get(path)).text()
    expect(run).toContain('reopened')
    expect(run).toContain('Running: 0 of 1 events have ended, 1 are running (stage 1)')
    expect(run).not.toContain('/approve"')
    expect(run).toContain('about 1 s within')
    expect((await post(`${path}/approve`, { reason: 'once more' })).status).toBe(409)
    const audit = await (await get('/audit')).text()
    expect(audit).toContain('The chain is intact')
    expect((await operator.useCases.listAudit({ limit: 4 })).items.filter(({ operator: by }) => by === 'Ada')).toMatchObject([
      { action: 'replay.approve.failed' },
      { action: 'replay.approve', reason: 'once more' },
      { action: 'replay.approve', reason: 'incident 7' },
      { action: 'replay.plan' },
    ])
  })

  it('the page shows how many events match when the limit took fewer', async () => {
    const ids = await receiveDecided(operator, { count: 3, refIdPrefix: 'limited-' })
    const plan = async (limit: string): Promise<string> => {
      const planned = await post('/replays', { eventIds: ids.join(' '), limit })
      return (await get(planned.headers.get('location') ?? '')).text()
    }
    const short = await plan('2')
    expect(short).toContain('This replays 2 of 3 events that match, in stages')
    expect(short).toContain('More events matched than the limit allows')
    expect(await plan('3')).not.toContain('More events matched')
  })

  it('the list says who planned and approved each replay, and why, with a link to the next plan; home shows the latest', async () => {
    const eventIds = await receiveDecided(operator, { count: 1, refIdPrefix: 'listed-' })
    const { id } = await operator.useCases.planReplay({ eventIds }, { kind: 'operator', name: 'ada' })
    await operator.useCases.approveReplay(id, { reason: '<b>ticket</b> 4711' }, { kind: 'operator', name: 'grace' })
    for (const path of ['/', '/replays']) {
      const page = await (await get(path)).text()
      const row = page.split('<tr>').find((text) => text.includes(`href="/replays/${id}"`))
      expect(row).toMatch(/running.*1 event.*ada .*grace .*&lt;b&gt;ticket&lt;\/b&gt; 4711/s)
    }
    expect(await (await get('/')).text()).toContain('<a href="/replays">All replays</a>')
    expect(await (await get('/replays')).text()).toContain('href="/replays/new"')
    expect(await (await get('/replays/new')).text()).toContain('Make the plan')
    const first = await (await get('/replays?limit=1')).text()
    const older = /class="button" href="([^"]+)">Older/.exec(first)?.[1] ?? ''
    expect(older).toMatch(/^\/replays\?cursor=/)
    expect(await (await get(older)).text()).not.toContain(`href="/replays/${id}"`)
  })

  it('the page names the wrong field of the form', async () => {
    const answer = await post('/replays', { eventIds: 'über', limit: '0' })
    expect(answer.status).toBe(400)
    const page = await answer.text()
    expect(page).toContain('eventIds.0 must be an id issued by Paxos')
    expect(page).toContain('limit must be at least 1')
  })
})
