import type { FastifyInstance } from 'fastify'
import type { Permission } from '../domain/roles.ts'
import { authorise } from '../operate/access/authorise.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What an operator needs to open the page or to send its form. */
    permission?: Permission
  }
}

/** Options of a page's route: the permission that it needs. */
export function needs(permission: Permission): { config: { permission: Permission } } {
  return { config: { permission } }
}

/** Asks for the permission of each page before its handler runs. A page without a declared permission is not served: registering it throws. */
export function requirePermissions(app: FastifyInstance): void {
  app.addHook('onRoute', ({ method, url, config }) => {
    if (config?.permission === undefined)
      throw new TypeError(`page ${method} ${url} declares no permission: add needs('…') with one of domain/roles.ts as its second argument`)
  })
  app.addHook('onRequest', async ({ caller, routeOptions: { config } }) => {
    if (caller === null || config.permission === undefined) throw new TypeError('a page is served without a login or a permission')
    authorise(caller, config.permission)
  })
}
