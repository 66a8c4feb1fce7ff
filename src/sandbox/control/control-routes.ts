import type { FastifyInstance, RouteHandlerMethod } from 'fastify'
import { z } from 'zod'
import { FACTS } from '../page/assumptions.ts'
import { pageOf, pageRoutes, recent, wantsPage } from '../page/page-routes.ts'
import type { SandboxState } from '../sandbox-state.ts'
import type { AddControl } from './add-control.ts'
import { eventControl } from './event-control.ts'
import { faultControl } from './fault-control.ts'
import { readControl } from './read-control.ts'
import { refuseForeignControl } from './refuse-foreign.ts'
import { SettingsSchema } from './sandbox-settings.ts'
import { storyControl } from './story-control.ts'
import { tradeControl } from './trade-control.ts'
import { webhookControl } from './webhook-control.ts'

/** Every setting is optional and has no default: a setting that is absent stays unchanged. */
const SettingsChange = z.strictObject(
  Object.fromEntries(Object.entries(SettingsSchema.shape).map(([name, knob]) => [name, knob.unwrap().optional()])),
)

/**
 * The control API of the simulator, under `/_sandbox`: JSON without authentication, for the loopback interface (refuse-foreign.ts). It
 * changes settings, arms faults, moves identities, emits events and shows the story. `GET /_sandbox` describes every route. Unknown fields
 * and values give a 400 that names them. None of it belongs to Paxos. The routes of one subject stand in a file beside this one.
 */
export function controlRoutes(
  app: FastifyInstance,
  { state, reset }: { state: SandboxState; reset: (seed: number | undefined) => void },
): void {
  const guide: { route: string; does: string }[] = []
  const control: AddControl = (route, does, handle) => {
    const [method = '', path = ''] = route.split(' ')
    guide.push({ route: `${method} /_sandbox${path}`, does })
    const handler: RouteHandlerMethod = async (request) => {
      if (method !== 'GET') state.story.tell({ kind: 'control', action: `${method} /_sandbox${path}` })
      return (await handle(request)) ?? {}
    }
    app.route({ method, onRequest: refuseForeignControl, url: `/_sandbox${path}`.replaceAll(/\{(\w+)\}/g, ':$1'), handler })
  }
  pageRoutes(app)
  app.get('/_sandbox', { onRequest: refuseForeignControl }, (request, reply) =>
    wantsPage(request.headers.accept) ? reply.type('text/html; charset=utf-8').send(pageOf(state)) : reply.send({ routes: guide }),
  )
  control('GET /guide', 'this guide; also GET /_sandbox, which answers a browser with a page of buttons', () => ({ routes: guide }))
  control('GET /recent', 'the latest people and orders, and the end of the story', () => recent(state))
  control('GET /assumptions', 'what the simulator does, and whether Paxos documents it or it is assumed', () => ({ facts: FACTS }))
  settingsControl(control, { state, reset })
  faultControl(control, state)
  eventControl(control, state)
  webhookControl(control, state)
  control('POST /tokens/revoke', 'revokes every access token', () => ({ revoked: state.tokens.revokeAll() }))
  tradeControl(control, state)
  storyControl(control, { app, state, reset })
}

/** What the simulator has, its settings, and its reset. */
function settingsControl(control: AddControl, { state, reset }: { state: SandboxState; reset: (seed: number | undefined) => void }): void {
  const { settings, faults, webhooks, events, identities } = state
  control('GET /state', 'settings, armed faults, webhook, counts', () => ({
    seed: state.random.seed,
    settings,
    faults: faults.armed,
    webhook: webhooks.target ? { url: webhooks.target.url, auth: webhooks.target.auth.kind, paused: webhooks.paused } : null,
    deliveries: webhooks.pending,
    identities: identities.all.length,
    accounts: state.accounts.all.length,
    events: events.all.length,
    orders: { total: state.orders.all.length, open: state.orders.open.size },
    executions: state.executions.all.length,
  }))
  control('PATCH /settings', 'turns knobs; body: any of the settings that GET /_sandbox/state shows', ({ body }) => {
    const change = readControl(SettingsChange, body)
    Object.assign(settings, change)
    state.limits.clear()
    return settings
  })
  control('POST /reset', 'resets the simulator: empty state, first settings; body: {seed?}; keeps tokens and the webhook', ({ body }) => {
    reset(readControl(z.strictObject({ seed: z.number().int().positive().optional() }), body ?? {}).seed)
  })
}
