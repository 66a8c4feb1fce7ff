import type { z } from 'zod'
import type { Actor } from '../domain/actor.ts'
import { OpaqueIdParams } from '../operate/input/amount-input.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'
import type { ApiSchemaName } from './api-schemas.ts'
import { idempotencyHeader } from './idempotency-header.ts'

/** The states in which the result of most requests is not known yet. */
export const UNANSWERED: readonly string[] = ['submitting', 'unknown']

/**
 * A route that requests one thing of an account, a customer or deposit instructions, whose id is in the path, under an Idempotency-Key. It
 * answers 201 the first time, 200 for the same key again, and 202 until the result is known.
 */
export function requestRoute<Body extends z.ZodType, Requested extends { state: string }>(route: {
  path: string
  permission: ApiRoute['permission']
  summary: string
  description: string
  /** By default any opaque id. */
  params?: z.ZodObject<{ id: z.ZodType<string> }>
  /** What one key identifies. */
  thing: string
  body: Body
  schema: ApiSchemaName
  /** The descriptions of 201, 200 and 202. */
  created: string
  existing: string
  pending?: string
  /** The states that are answered with 202. By default those of `UNANSWERED`. */
  pendingStates?: readonly string[]
  /** Refusals beside an unknown account and a key that was used with a different request. */
  refusals?: ApiRoute['refusals']
  request: (asked: { id: string; idempotencyKey: string }, body: z.output<Body>, actor: Actor) => Promise<[Requested, boolean]>
  view: (requested: Requested) => unknown
}): ApiRoute {
  const { path, permission, summary, description, thing, body, schema, created, existing, refusals, request, view } = route
  const {
    params: idParams = OpaqueIdParams,
    pending = 'The result is not known yet (state submitting or unknown).',
    pendingStates = UNANSWERED,
  } = route
  return apiRoute({
    ...{ method: 'POST', path, permission, summary, description, params: idParams, headers: idempotencyHeader(thing), body },
    answers: { 201: { description: created, schema }, 200: { description: existing, schema }, 202: { description: pending, schema } },
    refusals: {
      404: 'Unknown account (ACCOUNT_UNKNOWN).',
      422: 'The key was used with a different request (IDEMPOTENCY_KEY_REUSED).',
      ...refusals,
    },
    handle: async ({ params, headers, body: asked, actor }) => {
      const [requested, isNew] = await request({ id: params.id, idempotencyKey: headers['idempotency-key'] }, asked, actor)
      return { status: pendingStates.includes(requested.state) ? 202 : isNew ? 201 : 200, body: view(requested) }
    },
  })
}
