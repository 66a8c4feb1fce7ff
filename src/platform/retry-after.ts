/**
 * The header `Retry-After` (RFC 9110 10.2.3: seconds or an HTTP date) as milliseconds from `nowMs`; null when it is absent or malformed.
 */
export function parseRetryAfter(header: string | string[] | undefined, nowMs: number): number | null {
  if (typeof header !== 'string') return null
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs
  return Number.isNaN(ms) ? null : Math.max(0, ms)
}
