/**
 * Splits a URL for undici and keeps path and query to the last byte: `new URL` would rewrite `/a/../b` or `%7e`, and an application may
 * know only one spelling. Characters that HTTP cannot carry (a blank, a letter beyond ASCII) are percent-encoded. Credentials in the URL
 * become a Basic header, because undici ignores them.
 */
export function requestTarget(url: string): { origin: string; path: string; headers: Record<string, string> } {
  const { origin, pathname, search, username, password } = new URL(url)
  const asSet = /^[a-z]+:\/\/[^/?#]*([^#]*)/i.exec(url.trim())?.[1] ?? ''
  const rooted = asSet.startsWith('/') ? asSet : `/${asSet}`
  const path = /^[\x21-\x7e]*$/.test(rooted) ? rooted : pathname + search
  if (username === '' && password === '') return { origin, path, headers: {} }
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { origin, path, headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` } }
}
