import { z } from 'zod'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

const Query = z.strictObject({
  open: z.enum(['true', 'false']).optional().describe('true: only incidents that are not resolved.'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

/** Alerts to operators: what is reported, and whether the channels work. */
export function alertRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/alerts',
      permission: 'status.read',
      summary: 'Get the channels for alerts, and the incidents that were reported, newest first',
      query: Query,
      answers: { 200: { description: 'Channels and incidents.', schema: 'AlertStatus' } },
      handle: async ({ query: { open, limit } }) => ({ status: 200, body: await useCases.alertStatus({ limit, open: open === 'true' }) }),
    }),
    apiRoute({
      method: 'POST',
      path: '/v1/alerts/test',
      permission: 'notice.test',
      summary: 'Send a test on every configured channel for alerts',
      description: 'A channel that does not accept the test is listed with delivered false; the other channels are still tested.',
      answers: { 200: { description: 'What each channel answered.', schema: 'AlertTestList' } },
      handle: async ({ actor }) => ({ status: 200, body: { items: await useCases.testAlerts(actor) } }),
    }),
  ]
}
