import { LIST_FILTERS } from '../operate/export/list-filters.ts'
import { IdParams, OwnIdParams, pageQuery } from '../operate/input/query-inputs.ts'
import { IdentityRequest } from '../operate/onboarding/identity-request.ts'
import type { OnboardingView, OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import { idempotencyHeader } from './idempotency-header.ts'

/** Customers: onboard, list, read; and the progress of a command. */
export function onboardingRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [createRoute(useCases), commandRoute(useCases), listRoute(useCases), showRoute(useCases)]
}

function createRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'POST',
    path: '/v1/onboardings',
    permission: 'customer.create',
    summary: 'Onboard a person or an institution',
    description:
      "Creates the identity at Paxos and the onboarding. The body is Paxos's Create Identity for a person or an institution. Without " +
      'ref_id, Gatehouse derives one from the Idempotency-Key. Safe to repeat with the same key: 201 the first time, then 200 with the same onboarding.',
    headers: idempotencyHeader('person'),
    body: IdentityRequest,
    answers: {
      201: { description: 'The onboarding was created.', schema: 'Onboarding' },
      200: { description: 'The onboarding already exists under the same key.', schema: 'Onboarding' },
      202: {
        description:
          'Paxos has not answered within 5 s: read the command for its progress. Or Paxos knows the person already, and the request is held for an operator (duplicate).',
        schema: 'Command',
      },
    },
    refusals: {
      409: 'Another onboarding has this ref_id (REF_ID_TAKEN), or Paxos already knows the person (PERSON_ALREADY_KNOWN; not with onDuplicate review).',
      422: 'The key was used with different data (IDEMPOTENCY_KEY_REUSED), a member of an institution is not possible (MEMBERS_NOT_POSSIBLE), or Paxos refuses the data (PAXOS_REJECTED).',
      502: 'Paxos refuses our credentials.',
    },
    handle: async ({ headers, body, actor }) => {
      const order = { idempotencyKey: headers['idempotency-key'], request: body }
      const made = await useCases.createOnboarding(order, actor)
      if (made.kind === 'running') return { status: 202, body: await commandView(useCases, made.commandId) }
      if (made.kind === 'duplicate') {
        const duplicate = { id: made.requestId, existingIdentityId: made.existingIdentityId }
        return { status: 202, body: { ...(await commandView(useCases, made.commandId)), duplicate } }
      }
      const { identityId, created } = made
      const story = await useCases.getOnboarding(identityId)
      if (!story) throw new Error(`onboarding ${identityId} was created and cannot be read`)
      const { entries: _entries, events: _events, timeline: _timeline, effectAttempts: _attempts, ...onboarding } = story
      return { status: created ? 201 : 200, body: withId(onboarding) }
    },
  })
}

function commandRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/commands/{id}',
    permission: 'customer.read',
    summary: 'Get the progress of a command',
    description: 'A command is a request made under an Idempotency-Key. Gatehouse finishes a running command without another request.',
    params: OwnIdParams,
    answers: { 200: { description: 'The command.', schema: 'Command' } },
    refusals: { 404: 'Unknown command (COMMAND_UNKNOWN).' },
    handle: async ({ params }) => ({ status: 200, body: await commandView(useCases, params.id) }),
  })
}

function listRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/onboardings',
    permission: 'customer.read',
    summary: 'List onboardings',
    description: 'Newest first; within one state, last changed first.',
    query: pageQuery(LIST_FILTERS.onboardings),
    answers: { 200: { description: 'A page of onboardings.', schema: 'OnboardingPage' } },
    handle: async ({ query }) => {
      const { items, nextCursor } = await useCases.listOnboardings(query)
      return { status: 200, body: { items: items.map(withId), nextCursor } }
    },
  })
}

function showRoute(useCases: OperatorUseCases): ApiRoute {
  return apiRoute({
    method: 'GET',
    path: '/v1/onboardings/{id}',
    permission: 'customer.read',
    summary: 'Get one onboarding with its effects, ledger, events and timeline',
    params: IdParams,
    answers: { 200: { description: 'The onboarding.', schema: 'OnboardingStory' } },
    refusals: { 404: 'Unknown onboarding (ONBOARDING_UNKNOWN).' },
    handle: async ({ params }) => {
      const story = await useCases.getOnboarding(params.id)
      if (story) return { status: 200, body: withId(story) }
      throw new HttpProblem(404, 'ONBOARDING_UNKNOWN', `There is no onboarding of identity ${params.id}. GET /v1/onboardings?q= searches.`)
    },
  })
}

async function commandView(useCases: OperatorUseCases, id: string): Promise<object> {
  const command = await useCases.getCommand(id)
  if (!command) throw new HttpProblem(404, 'COMMAND_UNKNOWN', `Unknown command ${id}.`)
  const { kind, state, outcome, errorCode, createdAt } = command
  return { id, kind, state, outcome, errorCode, createdAt, link: `/v1/commands/${id}` }
}

function withId<View extends OnboardingView>(view: View): View & { id: string } {
  return { id: view.identityId, ...view }
}
