import { z } from 'zod'
import { Reason } from '../operate/replay/replay-request.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

const Why = z.strictObject({ reason: Reason })

export function queueRoutes(useCases: OperatorUseCases): ApiRoute[] {
  const acting = { method: 'POST', body: Why } as const
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/queue',
      permission: 'status.read',
      summary: "Get the queue's jobs by state, its pause, and the unfinished events",
      answers: { 200: { description: 'The queue now.', schema: 'QueueStatus' } },
      handle: async () => ({ status: 200, body: await useCases.queueStatus() }),
    }),
    apiRoute({
      ...acting,
      path: '/v1/queue/pause',
      permission: 'queue.steer',
      summary: 'Pause the queue',
      description: 'Workers get no new jobs; the receiver still accepts webhooks. The audit records it before it runs. Safe to repeat.',
      answers: { 200: { description: 'The queue is paused.', schema: 'QueueStatus' } },
      handle: async ({ body, actor }) => ({ status: 200, body: await useCases.pauseQueue(body, actor) }),
    }),
    apiRoute({
      ...acting,
      path: '/v1/queue/resume',
      permission: 'queue.steer',
      summary: 'Resume the queue',
      description: 'Workers get jobs again. The audit records it before it runs. Safe to repeat.',
      answers: { 200: { description: 'The queue is running.', schema: 'QueueStatus' } },
      handle: async ({ body, actor }) => ({ status: 200, body: await useCases.resumeQueue(body, actor) }),
    }),
    apiRoute({
      ...acting,
      path: '/v1/queue/rebuild',
      permission: 'queue.steer',
      summary: 'Empty the queue and fill it again from the inbox',
      description: 'No event is lost or processed twice. The audit records it before it runs. Safe to repeat.',
      answers: { 200: { description: 'The jobs before and after.', schema: 'QueueRebuild' } },
      handle: async ({ body, actor }) => ({ status: 200, body: await useCases.rebuildQueue(body, actor) }),
    }),
  ]
}
