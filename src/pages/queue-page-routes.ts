import type { FastifyInstance } from 'fastify'
import { alertPage } from './alert-page.ts'
import { sendHtml } from './html.ts'
import { ReasonForm, readForm } from './page-forms.ts'
import { needs } from './page-permission.ts'
import type { PageRouteParts } from './page-route-parts.ts'
import { queuePage } from './queue-page.ts'

const ALERT_ROWS = 50

/** The queue with its actions, and the alerts with their test. */
export function serveQueuePages(app: FastifyInstance, { useCases, reader, actorOf }: PageRouteParts): void {
  app.get('/alerts', needs('status.read'), async (request, reply) =>
    sendHtml(reply, alertPage(await useCases.alertStatus({ limit: ALERT_ROWS }), reader(request))),
  )
  app.post('/alerts/test', needs('notice.test'), async (request, reply) => {
    const tests = await useCases.testAlerts(actorOf(request))
    return sendHtml(reply, alertPage(await useCases.alertStatus({ limit: ALERT_ROWS }), { ...reader(request), tests }))
  })
  app.get('/queue', needs('status.read'), async (request, reply) =>
    sendHtml(reply, queuePage(await useCases.queueStatus(), reader(request))),
  )
  for (const [verb, act] of [
    ['pause', useCases.pauseQueue],
    ['resume', useCases.resumeQueue],
    ['rebuild', useCases.rebuildQueue],
  ] as const) {
    app.post(`/queue/${verb}`, needs('queue.steer'), async (request, reply) => {
      await act(readForm(ReasonForm, request.body), actorOf(request))
      return reply.redirect('/queue', 303)
    })
  }
}
