import type { FastifyInstance, RouteHandlerMethod } from 'fastify'
import { z } from 'zod'
import { HttpProblem } from '../../platform/problem.ts'
import { FACTS } from '../page/assumptions.ts'
import { pageOf, pageRoutes, recent, wantsPage } from '../page/page-routes.ts'
import type { SandboxState } from '../sandbox-state.ts'
import { WebhookTargetSchema } from '../webhooks/webhook-target.ts'
import { VERDICTS } from '../world/decision-engine.ts'
import { DOCUMENT_TYPES } from '../world/document-types.ts'
import { eventView } from '../world/event-store.ts'
import { IDENTITY_STATUSES, type Identity } from '../world/identity.ts'
import { toRfc3339 } from '../world/nano-clock.ts'
import { populate } from '../world/populate.ts'
import type { AddControl } from './add-control.ts'
import { FaultSchema } from './fault-book.ts'
import { readControl } from './read-control.ts'
import { refuseForeignControl } from './refuse-foreign.ts'
import { RuleFileSchema } from './rule-file.ts'
import { SettingsSchema } from './sandbox-settings.ts'
import { STORY_KINDS } from './story-log.ts'
import { StoryRunner } from './story-runner.ts'
import { summarizeStory } from './summarize-story.ts'
import { tradeControl } from './trade-control.ts'

const EventType = z.string().regex(/^[a-z0-9_]+(\.[a-z0-9_]+)+$/, 'must look like identity.approved')
const EmitRequest = z.strictObject({
  type: EventType,
  identityId: z.string().optional(),
  /** For status events: the statuses in the event. By default they follow from the type and from the identity's status. */
  oldStatus: z.enum(IDENTITY_STATUSES).optional(),
  newStatus: z.enum(IDENTITY_STATUSES).optional(),
  object: z.record(z.string(), z.unknown()).default({}),
  /** Number of different events, each with an id of its own. */
  times: z.number().int().min(1).max(1000).default(1),
  deliver: z.boolean().default(true),
})
const DecideRequest = z.strictObject({ verdict: z.enum(VERDICTS), documents: z.array(z.enum(DOCUMENT_TYPES)).min(1).optional() })
const BulkRequest = z.strictObject({
  count: z.number().int().min(1).max(200_000),
  refIdPrefix: z.string().min(1).max(60).default('bulk-'),
  decision: z.enum(['approve', 'deny']).default('approve'),
  deliver: z.boolean().default(false),
})
const LogQuery = z.strictObject({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(100_000).default(10_000),
  kind: z.enum(STORY_KINDS).optional(),
  identityId: z.string().optional(),
})
/** Every setting is optional and has no default: a setting that is absent stays unchanged. */
const SettingsChange = z.strictObject(
  Object.fromEntries(Object.entries(SettingsSchema.shape).map(([name, knob]) => [name, knob.unwrap().optional()])),
)

const STATUS_OF_TYPE: Readonly<Record<string, string>> = {
  'identity.approved': 'APPROVED',
  'identity.denied': 'DENIED',
  'identity.disabled': 'DISABLED',
}

/**
 * The control API of the simulator, under `/_sandbox`: JSON without authentication, for the loopback interface (refuse-foreign.ts). It
 * changes settings, arms faults, moves identities, emits events and shows the story. `GET /_sandbox` describes every route. Unknown fields
 * and values give a 400 that names them. None of it belongs to Paxos. One list of routes, so that one file shows all of it.
 */
export function controlRoutes(
  app: FastifyInstance,
  { state, reset }: { state: SandboxState; reset: (seed: number | undefined) => void },
): void {
  const { settings, faults, webhooks, events, identities, engine, story, tokens } = state
  const guide: { route: string; does: string }[] = []
  const control: AddControl = (route, does, handle) => {
    const [method = '', path = ''] = route.split(' ')
    guide.push({ route: `${method} /_sandbox${path}`, does })
    const handler: RouteHandlerMethod = async (request) => {
      if (method !== 'GET') story.tell({ kind: 'control', action: `${method} /_sandbox${path}` })
      return (await handle(request)) ?? {}
    }
    app.route({ method, onRequest: refuseForeignControl, url: `/_sandbox${path}`.replaceAll(/\{(\w+)\}/g, ':$1'), handler })
  }
  const identityOf = (id: string): Identity => {
    const identity = identities.get(id)
    if (!identity) throw new HttpProblem(404, 'IDENTITY_UNKNOWN', 'The simulator has no identity with this id.')
    return identity
  }

  pageRoutes(app)
  app.get('/_sandbox', { onRequest: refuseForeignControl }, (request, reply) =>
    wantsPage(request.headers.accept) ? reply.type('text/html; charset=utf-8').send(pageOf(state)) : reply.send({ routes: guide }),
  )
  control('GET /guide', 'this guide; also GET /_sandbox, which answers a browser with a page of buttons', () => ({ routes: guide }))
  control('GET /recent', 'the latest people and orders, and the end of the story', () => recent(state))
  control('GET /assumptions', 'what the simulator does, and whether Paxos documents it or it is assumed', () => ({ facts: FACTS }))
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

  control(
    'POST /faults',
    'arms a fault: {on: "POST /identity/accounts" | "*", do: answer (status, detail?, retryAfterSeconds?) | latency (ms) | drop | silence | ' +
      'act-then-drop | act-then-silence | act-then-answer (status)} or {on: "delivery", do: lose | duplicate (copies) | delay (ms) | reorder, type?}; ' +
      'how often: next, ratio, forMs; without any of them, until removed',
    ({ body }) => ({ id: faults.arm(readControl(FaultSchema, body)) }),
  )
  control('GET /faults', 'the armed faults, and the number of strikes left for each', () => ({ faults: faults.armed }))
  control('DELETE /faults', 'disarms all', () => faults.clear())
  control('DELETE /faults/{id}', 'disarms one', ({ params }) => {
    if (!faults.disarm(Number(idOf(params)))) throw new HttpProblem(404, 'FAULT_UNKNOWN', 'No armed fault has this id.')
  })

  control(
    'POST /identities/bulk',
    'makes many decided identities with their events: {count, refIdPrefix?, decision?: approve|deny, deliver?}',
    async ({ body }) => {
      const made = await populate(state, readControl(BulkRequest, body))
      return {
        count: made.length,
        events: made.map(({ id, type, identityId, createdAtNs }) => ({ id, type, identityId, time: toRfc3339(createdAtNs, 0) })),
      }
    },
  )
  control('POST /identities/{id}/decide', `decides now: {verdict: ${VERDICTS.join('|')}, documents?: [types]}`, ({ params, body }) => {
    const { verdict, documents } = readControl(DecideRequest, body)
    const identity = identityOf(idOf(params))
    engine.decide(identity, verdict, documents ? { documents } : {})
    return { identityId: identity.id, status: identity.status }
  })

  control(
    'POST /events',
    'emits an event without a cause; the identity does not change: {type, identityId?, oldStatus?, newStatus?, object?, times?, deliver?}',
    ({ body }) => {
      const { type, identityId, oldStatus, newStatus, object, times, deliver } = readControl(EmitRequest, body)
      const identity = identityId === undefined ? null : identityOf(identityId)
      const change = STATUS_OF_TYPE[type] && {
        old_summary_status: oldStatus ?? identity?.status ?? 'PENDING',
        new_summary_status: newStatus ?? STATUS_OF_TYPE[type],
      }
      const emit = (): object =>
        eventView(events.emit({ type, object: { ...change, ...object }, identityId: identity?.id ?? null, deliver }))
      return { events: Array.from({ length: times }, emit) }
    },
  )
  control('POST /events/{id}/deliver', 'sends an event to the webhook again: {copies?}', ({ params, body }) => {
    const { copies } = readControl(z.strictObject({ copies: z.number().int().min(1).max(1000).default(1) }), body ?? {})
    const event = events.get(idOf(params))
    if (!event) throw new HttpProblem(404, 'EVENT_UNKNOWN', 'The simulator has no event with this id.')
    webhooks.redeliver(event, copies)
  })

  control(
    'PUT /webhook',
    'where events go: {url, auth: {kind: "api-key", header, key} | {kind: "oauth", tokenUrl, clientId, clientSecret}}',
    ({ body }) => {
      webhooks.setTarget(readControl(WebhookTargetSchema, body))
    },
  )
  control('DELETE /webhook', 'removes the webhook: events are only listed, pending deliveries are abandoned', () =>
    webhooks.setTarget(null),
  )
  control('POST /webhook/test', 'sends a test event, as the Dashboard does: {type?}', ({ body }) => {
    const { type } = readControl(z.strictObject({ type: EventType.default('identity.approved') }), body ?? {})
    const object = { identity_id: state.random.uuid('test identity'), old_summary_status: 'PENDING', new_summary_status: 'APPROVED' }
    return eventView(events.emit({ type, object, identityId: null, isTest: true }))
  })
  control('POST /webhook/pause', 'pauses deliveries', () => webhooks.pause())
  control(
    'POST /webhook/resume',
    'resumes deliveries: {backlog?: deliver|abandon}; abandon acts like a pause of more than 24 h: waiting events are never delivered',
    ({ body }) => webhooks.resume(readControl(z.strictObject({ backlog: z.enum(['deliver', 'abandon']).default('deliver') }), body ?? {})),
  )
  control('POST /tokens/revoke', 'revokes every access token', () => ({ revoked: tokens.revokeAll() }))

  tradeControl(control, state)

  const runner = new StoryRunner({ app, state, reset })
  app.addHook('preClose', (done) => {
    runner.stop()
    done()
  })
  control('PUT /story', 'replays a rule file (docs/simulator.md): resets, loads its rules, follows its timeline', ({ body }) => {
    runner.begin(readControl(RuleFileSchema, body))
    return { rules: state.rules.rules, timeline: runner.progress }
  })
  control('GET /story', 'the actions of the rules so far, and the position in the timeline', () => ({
    rules: state.rules.rules,
    timeline: runner.progress,
  }))
  control('GET /story.jsonl', 'the log without clock times and durations: the same bytes for the same seed, rules and calls', () =>
    story.told(),
  )
  control('DELETE /story', 'stops the timeline and drops the rules; what they did stays', () => {
    runner.stop()
    state.rules.clear()
  })

  control('GET /log', 'what happened, oldest first: ?after=seq&limit=&kind=&identityId=', ({ query }) => {
    const { kind, identityId, ...range } = readControl(LogQuery, query)
    const entries = story.read({ ...range, ...(kind ? { kind } : {}), ...(identityId ? { identityId } : {}) })
    return { entries, lastSeq: story.lastSeq, dropped: story.dropped }
  })
  control('GET /summary', 'totals of the log: accounts per identity, calls by outcome, deliveries', () => summarizeStory(state))
}

function idOf(params: unknown): string {
  return (params as { id: string }).id // the only parameter of a control route
}
