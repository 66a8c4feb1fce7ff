import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { SandboxState } from '../sandbox-state.ts'
import { renderPage } from './render-page.ts'

/** The stylesheet and the script of the page. A browser gets the page itself from `GET /_sandbox` (control-routes.ts). */
export function pageRoutes(app: FastifyInstance): void {
  for (const [file, type] of [
    ['page.css', 'text/css'],
    ['page.js', 'text/javascript'],
  ] as const) {
    const text = readFileSync(join(import.meta.dirname, file), 'utf8')
    app.get(`/_sandbox/${file}`, (_request, reply) => reply.type(type).header('cache-control', 'no-cache').send(text))
  }
}

/** Whether the caller wants the page: a browser asks for HTML, a program for JSON or any type. */
export function wantsPage(accept: string | undefined): boolean {
  return accept?.includes('text/html') ?? false
}

export function pageOf({ random }: SandboxState): string {
  return renderPage({ seed: random.seed })
}

/** The lists of the page: the latest customers and orders, and the end of the story. No personal data. */
export function recent({ identities, accounts, orders, story }: SandboxState): object {
  const people = identities.all.slice(-20).toReversed()
  return {
    people: people.map(({ id, refId, status }) => ({
      id,
      refId,
      status,
      profiles: accounts.ofIdentity(id).flatMap(({ profile }) => (profile ? [profile.id] : [])),
    })),
    orders: orders.all
      .slice(-20)
      .toReversed()
      .map(({ id, refId, market, side, status, filled }) => ({ id, refId, market, side, status, filled: filled.toFixed() })),
    log: story.read({ after: Math.max(0, story.lastSeq - 20), limit: 20 }).toReversed(),
  }
}
