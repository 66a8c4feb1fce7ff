import { z } from 'zod'
import { Reason } from '../operate/replay-request.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

const Why = z.strictObject({ reason: Reason })

export function queueRoutes(useCases: OperatorUseCases): ApiRoute[] {
  const acting = { method: 'POST', body: Why } as const
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/queue',
      summary: 'Jobs on the queue by state, who paused it, and what the inbox still has to finish',
      answers: { 200: { description: 'The queue now.', schema: 'QueueStatus' } },
      handle: async () => ({ status: 200, body: await useCases.queueStatus() }),
    }),
    apiRoute({
      ...acting,
      path: '/v1/queue/pause',
      summary: 'Stop handing out jobs',
      description: 'Webhooks are still accepted. Audited before it acts; safe to repeat.',
      answers: { 200: { description: 'The queue is paused.', schema: 'QueueStatus' } },
      handle: async ({ body, actor }) => ({ status: 200, body: await useCases.pauseQueue(body, actor) }),
    }),
    apiRoute({
      ...acting,
      path: '/v1/queue/resume',
      summary: 'Hand out jobs again',
      description: 'Audited before it acts; safe to repeat.',
      answers: { 200: { description: 'The queue hands out jobs.', schema: 'QueueStatus' } },
      handle: async ({ body, actor }) => ({ status: 200, body: await useCases.resumeQueue(body, actor) }),
    }),
    apiRoute({
      ...acting,
      path: '/v1/queue/rebuild',
      summary: 'Empty the queue and fill it again from the inbox',
      description: 'Nothing is lost or done twice. Audited before it acts; safe to repeat.',
      answers: { 200: { description: 'What was there before, and what is there now.', schema: 'QueueRebuild' } },
      handle: async ({ body, actor }) => ({ status: 200, body: await useCases.rebuildQueue(body, actor) }),
    }),
  ]
}
