import type { FastifyInstance } from 'fastify'
import { HttpProblem } from './problem.ts'

/**
 * Refuses requests whose `Host` is none of `hosts` (names without a port, in lower case): a page of another site whose name was pointed at
 * this server reaches nothing. Health stays reachable by address, because probes ask so.
 */
export function allowHosts(app: FastifyInstance, hosts: readonly string[]): void {
  const allowed = new Set(hosts)
  app.addHook('onRequest', (request, _reply, done) => {
    // The header itself, never what a proxy or an attacker forwards as one (`request.hostname` would).
    const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
    if (request.url.startsWith('/health/') || allowed.has(host)) return done()
    done(new HttpProblem(421, 'HOST_REFUSED', 'This server does not answer to this host name. ALLOWED_HOSTS lists the allowed names.'))
  })
}
