import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AddOperator, ChangeRole, CreateToken } from '../operate/access/operator-input.ts'
import { UUID } from '../platform/opaque-id.ts'
import { HttpProblem } from '../platform/problem.ts'
import { sendHtml } from './html.ts'
import { operatorListPage, operatorPage } from './operators-page.ts'
import { ReasonForm, readForm } from './page-forms.ts'
import { needs } from './page-permission.ts'
import type { PageRouteParts } from './page-route-parts.ts'

/** The list of operators, and one operator with the tokens. */
export function serveOperatorsPages(app: FastifyInstance, { useCases, reader, actorOf }: PageRouteParts): void {
  const show = async (request: FastifyRequest, reply: FastifyReply, name: string, secret: string | null = null): Promise<FastifyReply> => {
    const found = await useCases.findOperator(name)
    if (!found) throw new HttpProblem(404, 'OPERATOR_UNKNOWN', `There is no operator ${name}.`)
    const tokens = await useCases.listTokens(found.name)
    return sendHtml(reply, operatorPage(found, { ...reader(request), tokens, secret }))
  }
  const back = (reply: FastifyReply, name: string): FastifyReply => reply.redirect(`/operators/${encodeURIComponent(name)}`, 303)

  app.get('/operators', needs('operator.manage'), async (request, reply) =>
    sendHtml(reply, operatorListPage(await useCases.listOperators(), reader(request))),
  )
  app.post('/operators', needs('operator.manage'), async (request, reply) => {
    const { name } = await useCases.addOperator(readForm(AddOperator, request.body), actorOf(request))
    return back(reply, name)
  })
  app.get<{ Params: { name: string } }>('/operators/:name', needs('operator.manage'), async (request, reply) =>
    show(request, reply, request.params.name),
  )
  app.post<{ Params: { name: string } }>('/operators/:name/role', needs('operator.manage'), async (request, reply) => {
    const { name } = await useCases.changeRole(request.params.name, readForm(ChangeRole, request.body), actorOf(request))
    return back(reply, name)
  })
  app.post<{ Params: { name: string } }>('/operators/:name/remove', needs('operator.manage'), async (request, reply) => {
    const { name } = await useCases.removeOperator(request.params.name, readForm(ReasonForm, request.body), actorOf(request))
    return back(reply, name)
  })
  app.post<{ Params: { name: string } }>('/operators/:name/tokens', needs('operator.manage'), async (request, reply) => {
    const { token, secret } = await useCases.createToken(request.params.name, readForm(CreateToken, request.body), actorOf(request))
    // Not a redirect: the secret must stand in no URL and is stored nowhere.
    return show(request, reply.code(201), token.operator, secret)
  })
  app.post<{ Params: { name: string; id: string } }>(
    '/operators/:name/tokens/:id/revoke',
    needs('operator.manage'),
    async (request, reply) => {
      if (!UUID.test(request.params.id))
        throw new HttpProblem(404, 'OPERATOR_UNKNOWN', 'Unknown token. The page of the operator lists the tokens.')
      const { operator } = await useCases.revokeToken(request.params.id.toLowerCase(), readForm(ReasonForm, request.body), actorOf(request))
      return back(reply, operator)
    },
  )
}
