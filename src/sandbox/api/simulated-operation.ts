import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type CallStep, stepsOfFaults } from '../control/call-steps.ts'
import { refIdIn } from '../control/rule-book.ts'
import type { CallOutcome, CallSubject } from '../control/story-log.ts'
import type { SandboxState } from '../sandbox-state.ts'
import { OPERATIONS, type Operation, routeOf } from './operations.ts'
import { LostAnswer, PaxosProblem, problem } from './paxos-problem.ts'
import type { Query } from './query.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: Operation
  }
}

/** One call of an operation. The ids that it concerns go into `subject`, for the story log. */
export interface Call {
  readonly request: FastifyRequest
  /** The `{id}` of the path, empty where there is none. */
  readonly id: string
  /** Every parameter of the path under its documented name. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: unknown
  readonly subject: CallSubject
}

/** What the operation does: returns the body of its 200, or throws a PaxosProblem. */
type Act = (call: Call) => object | Promise<object>
export type SimulateOperation = (operation: Operation, act: Act) => void

interface Answer {
  status: number
  body: object
  headers: Readonly<Record<string, string>>
}

/**
 * Decorates `app` with the way to simulate an operation of Paxos. First come the limits, then the steps of a rule or of the faults. Without
 * these the only step is the act, which first checks the token's scope. The story log gets each call, also one without an answer.
 */
export function simulateOperationsOn(app: FastifyInstance, state: SandboxState): SimulateOperation {
  const silenced = new Set<Socket>()
  const closing = new AbortController()
  app.addHook('preClose', (done) => {
    closing.abort()
    for (const socket of silenced) socket.destroy() // a call without an answer would keep the server open
    done()
  })
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const { operation } = request.routeOptions.config
    const refusal = toProblem(error)
    if (refusal.status >= 500) request.log.error({ err: { message: error.message, stack: error.stack } }, 'the simulator failed')
    if (operation) state.story.tell({ kind: 'call', operation, status: refusal.status, outcome: 'answered', durationMs: 0 })
    return send(reply, { operation, answer: refusal })
  })

  const silence = (reply: FastifyReply): void => {
    const { socket } = reply.raw
    reply.hijack()
    if (!socket) return
    silenced.add(socket)
    socket.once('close', () => silenced.delete(socket))
  }
  const drop = (reply: FastifyReply): void => {
    reply.hijack()
    reply.raw.socket?.destroy()
  }

  return (operation, act) => {
    const run = async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      const startedAtMs = performance.now()
      const subject: CallSubject = {}
      const tell = (status: number | null, outcome: CallOutcome): void =>
        state.story.tell({ kind: 'call', operation, status, outcome, durationMs: Math.round(performance.now() - startedAtMs), ...subject })

      if (state.settings.enforceLimits && !state.limits.admit({ operation, ip: request.ip, nowMs: Date.now() })) {
        tell(429, 'answered')
        return send(reply, { operation, answer: problem(429, 'Too many requests') })
      }
      const steps = state.rules.forCall(operation, request.body) ?? stepsOfFaults(state.faults.forCall(operation))
      let answer: Answer | 'lost' | null = null
      for (const step of steps) {
        switch (step.do) {
          case 'act':
            answer = await perform({ state, operation, act, request, subject })
            if (answer === 'lost') {
              tell(null, 'acted-then-dropped')
              return drop(reply)
            }
            break
          case 'delay':
            await sleep(step.ms, undefined, { signal: closing.signal }).catch(() => undefined)
            break
          case 'forget':
            state.orders.forgetRefId(refIdIn(request.body) ?? '')
            break
          case 'return':
            tell(step.status, answer ? 'acted-then-answered' : 'fault-answered')
            return send(reply, { operation, answer: stepAnswer(step) })
          case 'drop':
            tell(null, answer ? 'acted-then-dropped' : 'dropped')
            return drop(reply)
          case 'silence':
            tell(null, answer ? 'acted-then-silent' : 'silent')
            return silence(reply)
        }
      }
      const last = answer ?? problem(503)
      tell(last.status, answer ? 'answered' : 'fault-answered')
      return send(reply, { operation, answer: last })
    }
    app.route({ ...routeOf(operation), config: { operation }, handler: run })
  }
}

async function perform(options: {
  state: SandboxState
  operation: Operation
  act: Act
  request: FastifyRequest
  subject: CallSubject
}): Promise<Answer | 'lost'> {
  const { state, operation, act, request, subject } = options
  try {
    const { scope } = OPERATIONS[operation]
    if (scope !== null) requireScope({ state, scope, authorization: request.headers.authorization })
    const params = request.params as Record<string, string> // the router only gives texts
    const body = await act({ request, id: params.id ?? '', params, query: request.query as Query, body: request.body, subject })
    return { status: 200, body, headers: {} }
  } catch (error) {
    if (error instanceof PaxosProblem) return error
    if (error instanceof LostAnswer) return 'lost'
    throw error
  }
}

/** @throws 401 without a valid token (text documented for a missing header), 403 without the scope (documented text) */
function requireScope({ state, scope, authorization }: { state: SandboxState; scope: string; authorization: string | undefined }): void {
  if (authorization === undefined) throw problem(401, 'no authorization header set')
  const token = /^bearer +(\S+)$/i.exec(authorization)?.[1]
  const grant = token === undefined ? null : state.tokens.grantOf(token)
  if (!grant) throw problem(401, 'invalid or expired access token')
  if (!grant.scopes.has(scope)) throw problem(403, `insufficient scopes: found '${grant.scope}', required one of '[${scope}]'`)
}

function stepAnswer(step: Extract<CallStep, { do: 'return' }>): Answer {
  const detail = step.detail ?? (step.status === 429 ? 'Too many requests' : undefined)
  const headers = step.retryAfterSeconds === undefined ? {} : { 'retry-after': String(step.retryAfterSeconds) }
  const body = step.body ?? (step.status < 300 ? {} : problem(step.status, detail).body)
  return { status: step.status, body: body as object, headers } // a rule file holds JSON, and Fastify sends any of it
}

/** Identity and events send problems as application/json, other endpoints as problem+json (paxos/api.md 1.4). */
function send(reply: FastifyReply, { operation, answer }: { operation: Operation | undefined; answer: Answer }): FastifyReply {
  const asProblem = answer.status >= 400 && operation !== undefined && !/ \/(identity|events|oauth2)\b/.test(operation)
  return reply
    .code(answer.status)
    .headers(answer.headers)
    .type(asProblem ? 'application/problem+json' : 'application/json')
    .send(answer.body)
}

function toProblem(error: FastifyError): PaxosProblem {
  if (error.statusCode === 413) return problem(413, 'the body is too large')
  if (error.statusCode === 415) return problem(415, 'send content-type: application/json')
  if (error.statusCode && error.statusCode < 500) return problem(400, 'error parsing the body')
  return problem(500)
}
