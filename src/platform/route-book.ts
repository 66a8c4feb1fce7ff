import type { FastifyInstance, FastifyRequest } from 'fastify'
import { HttpProblem } from './problem.ts'

declare module 'fastify' {
  interface FastifyInstance {
    routeBook: RouteBook
  }
}

/** The methods of each path, which tell a wrong method from an unknown path. */
export interface RouteBook {
  methodsOf(path: string): string[]
}

/** Records every route that is registered after this call. A path that ends in `*` only catches unknown paths and is left out. */
export function keepRouteBook(app: FastifyInstance): void {
  const routes: { pattern: RegExp; methods: string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    if (url.endsWith('*')) return
    const pattern = url.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll(/:\w+/g, '[^/]+')
    routes.push({ pattern: new RegExp(`^${pattern}/?$`), methods: [method].flat() })
  })
  app.decorate('routeBook', {
    methodsOf: (path) => [...new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods))].sort(),
  })
}

/** The refusal of a request without a route: 405 with `Allow` when its path takes other methods, else 404 with `remedy`. */
export function unknownRoute({ server, method, url }: FastifyRequest, remedy = ''): HttpProblem {
  const path = url.split('?')[0] ?? url
  const allow = server.routeBook.methodsOf(path)
  if (allow.length > 0) {
    return new HttpProblem(405, 'METHOD_NOT_ALLOWED', `This path accepts ${allow.join(', ')}, not ${method}.`, {
      headers: { allow: allow.join(', ') },
    })
  }
  return new HttpProblem(404, 'ROUTE_UNKNOWN', remedy || `Unknown route ${method} ${path}.`)
}
