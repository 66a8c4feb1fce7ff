import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { HttpProblem } from '../../platform/problem.ts'

/**
 * The control API has no password, so it must refuse requests of web pages that are open on the same machine. A page of another origin
 * reveals itself (`Origin`, `Sec-Fetch-Site`). A page that points its own name at this machine (DNS rebinding) sends that name in `Host`.
 * An address, `localhost`, or a name without a dot (a service of Docker) cannot be such a name.
 * @throws HttpProblem 403
 */
export async function refuseForeignControl({ headers }: FastifyRequest): Promise<void> {
  const host = nameOf(headers.host)
  if (host?.includes('.') && isIP(host) === 0) {
    throw new HttpProblem(403, 'FOREIGN_HOST', 'The control is reached by address, as localhost, or by a name without a dot.')
  }
  const site = headers['sec-fetch-site']
  const foreign = site === 'cross-site' || site === 'same-site' || (headers.origin !== undefined && hostOf(headers.origin) !== headers.host)
  if (foreign) throw new HttpProblem(403, 'FOREIGN_ORIGIN', 'The control takes no request from a page of another origin.')
}

/** The host of `name:port` or `[::1]:port`; the port may be absent. */
function nameOf(host: string | undefined): string | null {
  if (host === undefined || !URL.canParse(`http://${host}`)) return null
  return new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null
}
