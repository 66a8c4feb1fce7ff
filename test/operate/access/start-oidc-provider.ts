import { generateKeyPair } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { Provider } from 'oidc-provider'

export interface OidcPerson {
  sub: string
  preferred_username?: string
  groups?: unknown
}

/** A real OpenID Connect provider with invented people. */
export interface OidcProvider {
  issuer: string
  /** By the login at the provider. A test may change them. */
  people: Record<string, OidcPerson>
  /** Logs in at the provider as this person, from the address to which our page led. Returns the query that the browser brings back. */
  login(authorizationUrl: string, person: string): Promise<string>
  close(): Promise<void>
}

export const CLIENT = { id: 'gatehouse', secret: 'a-client-secret-of-this-test', redirectUrl: 'http://127.0.0.1:9/login/oidc/callback' }

/** `redirectUrl`: the callback that is registered for our client. */
export async function startOidcProvider({ redirectUrl = CLIENT.redirectUrl } = {}): Promise<OidcProvider> {
  const people: Record<string, OidcPerson> = {}
  const server = createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2_048 })
  const provider = new Provider(issuer, {
    clients: [{ client_id: CLIENT.id, client_secret: CLIENT.secret, redirect_uris: [redirectUrl] }],
    claims: { openid: ['sub'], profile: ['preferred_username', 'groups'] },
    findAccount: (_context, id) => {
      const person = people[id]
      return person && { accountId: id, claims: () => ({ ...person }) }
    },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['a-key-of-this-test'] },
  })
  server.on('request', provider.callback())
  return {
    issuer,
    people,
    login: (url, person) => follow(url, person),
    close: () => new Promise((closed) => server.close(() => closed())),
  }
}

/** A browser without a screen: follows redirects, keeps cookies, and sends the provider's two forms. */
async function follow(start: string, person: string): Promise<string> {
  const cookies = new Map<string, string>()
  let url = start
  let form: URLSearchParams | null = null
  for (let step = 0; step < 12; step += 1) {
    const answer: Response = await fetch(url, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form ? { method: 'POST', body: form } : {}),
    })
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      cookies.set(name, value)
    }
    const location = answer.headers.get('location')
    if (location?.startsWith(CLIENT.redirectUrl)) return new URL(location).search
    form = null
    if (location) {
      url = new URL(location, url).href
      continue
    }
    const text = await answer.text()
    const [, action = ''] = /<form[^>]*action="([^"]+)"/.exec(text) ?? []
    if (action === '') throw new Error(`the provider answered ${answer.status} without a form: ${text.slice(0, 300)}`)
    const consent = text.includes('value="consent"')
    form = new URLSearchParams(consent ? { prompt: 'consent' } : { prompt: 'login', login: person, password: 'any' })
    url = new URL(action, url).href
  }
  throw new Error('the login at the provider does not end')
}
