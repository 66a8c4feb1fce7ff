import { request } from 'undici'
import { expect, onTestFinished } from 'vitest'
import { createLogger } from '../../src/platform/logger.ts'
import { createSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { violationsOf } from './paxos-document.ts'

/** The fields of Paxos's bodies that the tests read. Each body has the fields of its kind only. */
export interface Body {
  id: string
  identity_id: string
  ref_id: string
  profile_id: string
  type: string
  status: string
  summary_status: string
  detail: string
  meta: { existing: { id: string } }
  person_details: Record<string, unknown>
  created_at: string
  updated_at: string
  undelivered_webhooks: number
  object: Record<string, unknown>
  items: Body[]
  events: Body[]
  next_page_cursor: string
  access_token: string
  expires_in: number
  scope: string
  upload_url: string
  file_id: string
  documents: { name: string }[]
  [field: string]: unknown
}

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Body
}

export interface Running {
  sandbox: Sandbox
  /**
   * One call of the API below `/v2`, with a token of every scope unless `token` says otherwise. When Paxos's document was found, the answer
   * must be valid against it, and so must an accepted request.
   */
  call(method: string, path: string, body?: unknown, options?: { token?: string | null; timeoutMs?: number }): Promise<Answer>
  /** One call of `/_sandbox`. */
  control(method: string, path: string, body?: unknown): Promise<Answer>
}

/** A simulator on a free port. The caller closes it. It decides within 10 ms unless the options say otherwise. */
export function openSandbox(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  return createSandbox({
    logger: createLogger({ level: 'silent' }),
    host: '127.0.0.1',
    port: 0,
    portAsked: true,
    seed: 7,
    webhook: null,
    decisionDelayMs: 5,
    ...options,
  })
}

/** A simulator for the current test, which closes it at its end. */
export async function startSandbox(options: Partial<SandboxOptions> = {}): Promise<Running> {
  const sandbox = await openSandbox(options)
  onTestFinished(() => sandbox.close())
  let everyScope: string | null = null
  return {
    sandbox,
    call: async (method, path, body, { token, timeoutMs } = {}) => {
      everyScope ??= (await tokenFrom(sandbox, { client_id: 'sandbox', client_secret: 'sandbox' })).body.access_token
      const bearer = token === undefined ? everyScope : token
      const headers = bearer === null ? {} : { authorization: `Bearer ${bearer}` }
      const answer = await send({ method, url: `${sandbox.apiUrl}${path}`, body, headers, timeoutMs })
      expect(violationsOf({ method, path, body, status: answer.status, answer: answer.body })).toEqual([])
      return answer
    },
    control: (method, path, body) => send({ method, url: `${sandbox.url}/_sandbox${path}`, body, headers: {}, timeoutMs: undefined }),
  }
}

/** `POST /oauth2/token` with these form fields. */
export async function tokenFrom(sandbox: Sandbox, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await request(sandbox.tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...fields }).toString(),
  })
  return { status: answer.statusCode, headers: answer.headers, body: (await answer.body.json()) as Body }
}

async function send(options: {
  method: string
  url: string
  body: unknown
  headers: Record<string, string>
  timeoutMs: number | undefined
}): Promise<Answer> {
  const { method, url, body, headers, timeoutMs } = options
  const answer = await request(url, {
    method: method as 'GET', // undici's list of methods
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    body: body === undefined ? null : JSON.stringify(body),
    ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
  })
  return { status: answer.statusCode, headers: answer.headers, body: (await answer.body.json()) as Body }
}
