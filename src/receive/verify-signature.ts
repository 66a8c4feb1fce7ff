import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

/** Signatures with a larger time difference are refused, so that a recorded one cannot be sent again later. Seconds. */
const TOLERANCE_SECONDS = 300

/**
 * The index of the secret that made the request's signature; -1: none. Checks a Standard Webhooks signature (`webhook-id`,
 * `webhook-timestamp`, `webhook-signature`; HMAC-SHA-256 over `id.timestamp.body`, scheme v1) over the received bytes against several live
 * secrets (`whsec_` and base64). Our own, because the `standardwebhooks` package has neither an injected clock nor several secrets. The
 * tests sign with that package.
 */
export function createSignatureVerifier(
  secrets: readonly string[],
  now: () => number,
): (headers: IncomingHttpHeaders, body: Buffer) => number {
  const keys = secrets.map((secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
  return (headers, body) => {
    const id = headers['webhook-id']
    const timestamp = headers['webhook-timestamp']
    const signatures = headers['webhook-signature']
    if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return -1
    if (!/^\d{1,12}$/.test(timestamp) || Math.abs(now() / 1_000 - Number(timestamp)) > TOLERANCE_SECONDS) return -1
    const presented = signatures
      .split(' ')
      .filter((signature) => signature.startsWith('v1,'))
      .map((signature) => Buffer.from(signature.slice(3), 'base64'))
    let match = -1
    for (const [index, key] of keys.entries()) {
      const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()
      for (const signature of presented) {
        if (signature.length === expected.length && timingSafeEqual(signature, expected)) match = index
      }
    }
    return match
  }
}
