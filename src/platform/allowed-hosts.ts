import type { FastifyInstance } from 'fastify'
import { HttpProblem } from './problem.ts'

/**
 * Refuses requests with another `Host` than `hosts` (names without a port, in lower case). A page of another site cannot reach this server
 * by pointing its own name here (DNS rebinding). Health endpoints stay reachable by address, because probes use it.
 */
export function allowHosts(app: FastifyInstance, hosts: readonly string[]): void {
  const allowed = new Set(hosts)
  app.addHook('onRequest', (request, _reply, done) => {
    // Reads the header itself. `request.hostname` would also read what a proxy or an attacker forwards.
    const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase()
    if (request.url.startsWith('/health/') || allowed.has(host)) return done()
    done(new HttpProblem(421, 'HOST_REFUSED', 'This server does not answer to this host name. ALLOWED_HOSTS lists the allowed names.'))
  })
}
