import { z } from 'zod'
import { Reason } from '../operate/replay/replay-request.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

/** A slot is a fingerprint of ours, or holds the id of an OAuth client. */
const LONGEST_SLOT = 300

/** Webhook keys: list, mark as leaked, promote. */
export function keyRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/webhook-keys',
      permission: 'status.read',
      summary: 'List the webhook keys by slot, with last use and the share of events that Paxos knew',
      answers: { 200: { description: 'The keys.', schema: 'WebhookKeyList' } },
      handle: async () => ({ status: 200, body: { items: await useCases.listKeys() } }),
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/webhook-keys/{slot}/leaked',
      permission: 'key.leak',
      summary: 'Mark a webhook key as leaked',
      description:
        "From then on only Paxos's listing moves what the key brings, until the key is promoted. True events lose no time; forged ones cost no read. The audit records it before it runs. Safe to repeat.",
      params: z.strictObject({ slot: z.string().min(1).max(LONGEST_SLOT) }),
      body: z.strictObject({ reason: Reason }),
      answers: { 200: { description: 'The key.', schema: 'WebhookKey' } },
      refusals: { 404: 'Unknown webhook key (WEBHOOK_KEY_UNKNOWN).' },
      handle: async ({ params: { slot }, body, actor }) => {
        const key = await useCases.leakKey(slot, body, actor)
        if (key) return { status: 200, body: key }
        throw new HttpProblem(404, 'WEBHOOK_KEY_UNKNOWN', `There is no webhook key ${slot}. GET /v1/webhook-keys lists them.`)
      },
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/webhook-keys/{slot}/promote',
      permission: 'key.promote',
      summary: 'Trust a demoted webhook key again',
      description:
        'Its figures start again from 0. Gatehouse demotes it again if Paxos does not know its events. The audit records it before it runs. Safe to repeat.',
      params: z.strictObject({ slot: z.string().min(1).max(LONGEST_SLOT) }),
      body: z.strictObject({ reason: Reason }),
      answers: { 200: { description: 'The key.', schema: 'WebhookKey' } },
      refusals: { 404: 'Unknown webhook key (WEBHOOK_KEY_UNKNOWN).' },
      handle: async ({ params: { slot }, body, actor }) => {
        const key = await useCases.promoteKey(slot, body, actor)
        if (key) return { status: 200, body: key }
        throw new HttpProblem(404, 'WEBHOOK_KEY_UNKNOWN', `There is no webhook key ${slot}. GET /v1/webhook-keys lists them.`)
      },
    }),
  ]
}
