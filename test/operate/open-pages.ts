import { type Operator, TOKEN } from './start-operator.ts'

const HTML = { accept: 'text/html,application/xhtml+xml' }

/** The pages of an operator's side, logged in as `name`. */
export interface Pages {
  get(path: string): Promise<Response>
  /** As a browser sends a form of our own page. */
  post(path: string, form: Record<string, string>): Promise<Response>
}

export async function openPages({ url }: Pick<Operator, 'url'>, name = 'Ada', token = TOKEN): Promise<Pages> {
  const post = (path: string, form: Record<string, string>, cookie: string): Promise<Response> =>
    fetch(`${url}${path}`, {
      method: 'POST',
      redirect: 'manual',
      headers: { ...HTML, origin: url, cookie },
      body: new URLSearchParams(form),
    })
  const answer = await post('/login', { name, token }, '')
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  return {
    get: (path) => fetch(`${url}${path}`, { redirect: 'manual', headers: { ...HTML, cookie } }),
    post: (path, form) => post(path, form, cookie),
  }
}
