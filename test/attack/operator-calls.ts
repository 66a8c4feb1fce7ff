import type { Target } from './attack.ts'
import { untilServed } from './until-served.ts'

export interface OperatorAnswer {
  status: number
  text: string
  headers: Headers
}

/** One call of the operator's port, without following redirects. A 503 with `Retry-After` is asked again. */
export async function ask({ operatorUrl }: Target, path: string, init: RequestInit = {}): Promise<OperatorAnswer> {
  const answer = await untilServed(() =>
    fetch(`${operatorUrl}${path}`, { redirect: 'manual', signal: AbortSignal.timeout(60_000), ...init }),
  )
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}

export const bearer = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } })

export interface Route {
  method: string
  path: string
}

/** Every route of the API, as its own description lists them, with unknown ids. */
export async function routesOf(target: Target): Promise<Route[]> {
  const { paths } = JSON.parse((await ask(target, '/v1/openapi.json')).text) as { paths: Record<string, Record<string, unknown>> }
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => /^(get|post|put|patch|delete)$/.test(method))
      .map((method) => ({ method: method.toUpperCase(), path: path.replaceAll(/\{\w+\}/g, '00000000-0000-4000-8000-000000000000') })),
  )
}

/** A session of the pages: its cookie and the attributes that the server set. */
export async function logIn(target: Target): Promise<{ cookie: string; setCookie: string }> {
  const { headers } = await postForm(target, '/login', { token: target.operatorToken ?? '', name: 'attack-list' })
  const setCookie = headers.get('set-cookie') ?? ''
  return { cookie: setCookie.split(';')[0] ?? '', setCookie }
}

export function postForm(
  target: Target,
  path: string,
  fields: Record<string, string>,
  { cookie, origin = new URL(target.operatorUrl).origin }: { cookie?: string; origin?: string } = {},
): Promise<OperatorAnswer> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin, ...(cookie === undefined ? {} : { cookie }) }
  return ask(target, path, { method: 'POST', headers, body: new URLSearchParams(fields).toString() })
}
