import { timingSafeEqual } from 'node:crypto'
import type { SandboxState } from '../sandbox-state.ts'
import { oauthProblem } from './paxos-problem.ts'
import type { Call, SimulateOperation } from './simulated-operation.ts'

/**
 * `POST /oauth2/token` (paxos/api.md 1.2). Takes client credentials as form fields, by Basic, or both if they agree. Errors have the bodies
 * of RFC 6749 (assumed).
 */
export function oauthRoutes(simulate: SimulateOperation, { clients, tokens }: SandboxState): void {
  simulate('POST /oauth2/token', ({ body, request }) => {
    const form = fields(body)
    if (form.grant_type !== 'client_credentials') {
      throw oauthProblem(400, 'unsupported_grant_type', 'grant_type must be client_credentials')
    }
    const basic = basicCredentials(request.headers.authorization)
    const { id = form.client_id, secret = form.client_secret } = basic ?? {}
    const agree = !basic || ((form.client_id ?? id) === id && (form.client_secret ?? secret) === secret)
    const client = clients.find((known) => known.id === id)
    if (!client || secret === undefined || !agree || !sameText(client.secret, secret)) {
      throw oauthProblem(401, 'invalid_client', 'client authentication failed')
    }
    const asked = (form.scope ?? '').split(' ').filter((scope) => scope !== '')
    const lacking = asked.filter((scope) => !client.scopes.includes(scope))
    if (lacking.length > 0) throw oauthProblem(400, 'invalid_scope', `the client may not ask for ${lacking.join(' ')}`)
    const { token, expiresInSeconds, scope } = tokens.issue(client.id, asked.length > 0 ? asked : client.scopes)
    return { access_token: token, expires_in: expiresInSeconds, scope, token_type: 'bearer' }
  })
}

function fields(body: Call['body']): Readonly<Record<string, string | undefined>> {
  if (typeof body !== 'object' || body === null) return {}
  return Object.fromEntries(Object.entries(body).filter((field): field is [string, string] => typeof field[1] === 'string'))
}

function basicCredentials(header: string | undefined): { id: string; secret: string } | null {
  const encoded = /^basic +(\S+)$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return null
  const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':')
  try {
    return { id: decodeURIComponent(id), secret: decodeURIComponent(secret.join(':')) }
  } catch {
    throw oauthProblem(401, 'invalid_client', 'the Basic credentials are not URL-encoded')
  }
}

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && timingSafeEqual(a, b)
}
