import { randomUUID } from 'node:crypto'
import { type Attack, broken, held, type Target, unless } from './attack.ts'
import { ask, bearer, logIn, type OperatorAnswer, postForm, routesOf } from './operator-calls.ts'
import { sendRaw } from './raw-http.ts'

const MARKUP = '"><script>alert(1)</script>'
/** What an answer must never show: a stack, a statement, a path of our files. */
const INSIDE = /node_modules|\bat \w.*\.(ts|js|mjs):\d|SELECT .* FROM|INSERT INTO|postgres(ql)?:\/\/|ECONNREFUSED/

const everyPage = ['/', '/events', '/onboardings', '/replays', '/audit', '/queue', '/find']

/** Attacks on the port that is open to one's own network. */
export const OPERATOR_ATTACKS: readonly Attack[] = [
  {
    name: 'every route of the API without a token, and with a wrong one',
    stands: 'ASVS V8.2',
    run: async (target) => {
      const routes = await routesOf(target)
      const wrong: string[] = []
      for (const { method, path } of routes) {
        const answer = await ask(target, path, { method })
        if (![401, 404].includes(answer.status) || /"items"|"state"/.test(answer.text))
          wrong.push(`${method} ${path} was answered ${answer.status}`)
      }
      const guessed = await ask(target, '/v1/stats', bearer('not-the-operator-token'))
      if (guessed.status !== 401 && guessed.status !== 429) wrong.push(`a wrong token was answered ${guessed.status}`)
      return unless(wrong, `${routes.length} routes were refused`)
    },
  },
  {
    name: 'every page without a session',
    stands: 'ASVS V8.2',
    run: async (target) => {
      const answers = await Promise.all(everyPage.map((path) => ask(target, path)))
      const wrong = answers.flatMap(({ status, headers }, index) =>
        status === 303 && headers.get('location')?.startsWith('/login') ? [] : [`${everyPage[index]} was answered ${status}`],
      )
      return unless(wrong, `${everyPage.length} pages led to the login`)
    },
  },
  {
    name: 'a host name that is not ours (DNS rebinding), where ALLOWED_HOSTS names them',
    stands: 'F70',
    run: async (target) => {
      const { status, text } = await sendRaw(target.operatorUrl, ['GET /v1/stats HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n'])
      return status !== null && status >= 400 && !text.includes('"onboardings"') ? held(`answered ${status}`) : broken(`answered ${status}`)
    },
  },
  {
    name: 'a form sent from another site (CSRF)',
    stands: 'ASVS V3.5',
    needs: ['operatorToken'],
    run: async (target) => {
      const { cookie } = await logIn(target)
      const foreign = await postForm(target, '/queue/pause', { reason: 'from another site' }, { cookie, origin: 'https://evil.test' })
      const login = await postForm(
        target,
        '/login',
        { token: target.operatorToken ?? '', name: 'mallory' },
        { origin: 'https://evil.test' },
      )
      await postForm(target, '/logout', {}, { cookie })
      return unless(
        [foreign, login].filter(({ status }) => status < 400).map(({ status }) => `answered ${status}`),
        `answered ${foreign.status} and ${login.status}`,
      )
    },
  },
  {
    name: 'a copied session cookie after the log-out',
    stands: 'F64',
    needs: ['operatorToken'],
    run: async (target) => {
      const { cookie, setCookie } = await logIn(target)
      const flags = ['HttpOnly', 'SameSite=Strict'].filter((flag) => !setCookie.includes(flag)).map((flag) => `the cookie is not ${flag}`)
      const before = await ask(target, '/events', { headers: { cookie } })
      await postForm(target, '/logout', {}, { cookie })
      const after = await ask(target, '/events', { headers: { cookie } })
      const wrong = [
        ...flags,
        ...(before.status === 200 ? [] : [`the session did not open a page: ${before.status}`]),
        ...(after.status === 303 ? [] : [`still answered ${after.status}`]),
      ]
      return unless(wrong, 'the session ended, and the cookie opens nothing')
    },
  },
  {
    name: 'a login that redirects to another site',
    stands: 'ASVS V3.7',
    needs: ['operatorToken'],
    run: async (target) => {
      const wrong: string[] = []
      for (const next of ['//evil.test', 'https://evil.test', '/\\evil.test', 'javascript:alert(1)', '/\t/evil.test']) {
        const { headers } = await postForm(target, '/login', { token: target.operatorToken ?? '', name: 'attack-list', next })
        const to = new URL(headers.get('location') ?? '/', target.operatorUrl)
        if (to.origin !== new URL(target.operatorUrl).origin) wrong.push(`${next} led to ${to.origin}`)
        await postForm(target, '/logout', {}, { cookie: (headers.get('set-cookie') ?? '').split(';')[0] ?? '' })
      }
      return unless(wrong, 'five addresses stayed on our own site')
    },
  },
  {
    name: 'markup in every filter and search, on every page',
    stands: 'ASVS V1.2',
    needs: ['operatorToken'],
    run: async (target) => {
      const { cookie } = await logIn(target)
      const names = ['q', 'id', 'state', 'type', 'cause', 'since', 'until', 'page', 'cursor', 'operator', 'identity']
      const wrong: string[] = []
      for (const path of everyPage)
        for (const name of names) {
          const { status, text } = await ask(target, `${path}?${new URLSearchParams({ [name]: MARKUP })}`, { headers: { cookie } })
          if (text.includes('<script>alert')) wrong.push(`${path}?${name} shows it as markup`)
          if (status >= 500) wrong.push(`${path}?${name} was answered ${status}`)
        }
      await postForm(target, '/logout', {}, { cookie })
      return unless(wrong, `${everyPage.length * names.length} requests: shown as text or refused`)
    },
  },
  {
    name: 'hostile values in every query and body of the API',
    stands: 'F67, ASVS V2.2',
    needs: ['operatorToken'],
    run: async (target) => {
      const token = target.operatorToken ?? ''
      const wrong: string[] = []
      const look = ({ status, text }: OperatorAnswer, what: string): void => {
        if (status >= 500) wrong.push(`${what} was answered ${status}`)
        if (INSIDE.test(text)) wrong.push(`${what} tells of our insides`)
      }
      const values = [
        '%00',
        '%ED%A0%80',
        "'%3B%20DROP%20TABLE%20inbox_event%3B--",
        '1e400',
        '-1',
        '9'.repeat(400),
        '__proto__',
        '%F0%9F%92%A3'.repeat(200),
      ]
      const routes = await routesOf(target)
      for (const { path } of routes.filter(({ method }) => method === 'GET'))
        for (const value of values)
          look(
            await ask(target, `${path}?state=${value}&limit=${value}&cursor=${value}&q=${value}&since=${value}`, bearer(token)),
            `GET ${path} with ${value.slice(0, 20)}`,
          )
      const bodies = [
        '{',
        '[]',
        'null',
        '{"__proto__":{"a":1}}',
        '{"ids":["\\u0000"],"reason":"\\ud800"}',
        JSON.stringify({ refId: 'x'.repeat(100_000) }),
      ]
      for (const { method, path } of routes.filter(({ method, path }) => method !== 'GET' && !/queue|pause|resume/.test(path)))
        for (const body of bodies) {
          const headers = {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
            'idempotency-key': randomUUID(),
            'x-operator': 'attack-list',
          }
          look(await ask(target, path, { method, headers, body }), `${method} ${path} with ${body.slice(0, 20)}`)
        }
      return unless(wrong, 'no 5xx, and no answer tells of our insides')
    },
  },
  {
    name: 'response headers: versions, caching, framing',
    stands: 'ASVS V3.4, V14.2',
    run: async (target) => {
      const { headers } = await ask(target, '/login')
      const api = await ask(target, '/v1/stats')
      const wrong = [
        ...['server', 'x-powered-by'].filter((name) => headers.has(name)).map((name) => `${name} is sent`),
        ...(headers.get('x-content-type-options') === 'nosniff' ? [] : ['no nosniff']),
        ...(/frame-ancestors|SAMEORIGIN|DENY/.test(`${headers.get('content-security-policy')} ${headers.get('x-frame-options')}`)
          ? []
          : ['may be framed']),
        ...(/script-src[^;]*unsafe|\*/.test(headers.get('content-security-policy') ?? '*') ? ['a policy that lets scripts in'] : []),
        ...(api.headers.get('cache-control')?.includes('no-store') ? [] : ['the API may be cached']),
        ...(api.headers.has('access-control-allow-origin') ? ['other sites may read the API'] : []),
      ]
      return unless(wrong, 'no version, no cache, no frame, no foreign script')
    },
  },
  {
    name: 'eighty wrong operator tokens in a row',
    stands: 'F55',
    run: async (target: Target) => {
      const statuses: number[] = []
      for (let guess = 0; guess < 80; guess += 1) statuses.push((await ask(target, '/v1/stats', bearer(`guess-${randomUUID()}`))).status)
      if (statuses.some((status) => status < 400)) return broken('a guess opened the API')
      const limited = statuses.filter((status) => status === 429).length
      // A network from which the right token came within the hour is not refused: the application may share an address with the attacker.
      if (limited > 0) return held(`${limited} of 80 were answered 429`)
      return target.operatorToken
        ? held('each was refused, logged and audited; 429 waits for networks that never showed the right token')
        : broken('never slowed')
    },
  },
]
