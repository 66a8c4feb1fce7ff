import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Actor } from '../../../src/domain/actor.ts'
import { createUseCases } from '../../../src/operate/create-use-cases.ts'
import type { OperatorUseCases } from '../../../src/operate/use-cases.ts'
import { ServiceUnavailableError } from '../../../src/platform/app-error.ts'
import { NO_TRADING } from '../no-trading.ts'
import { bearer, type Operator, startOperator } from '../start-operator.ts'

const ada: Actor = { kind: 'operator', name: 'ada' }
let operator: Operator
beforeAll(async () => {
  operator = await startOperator()
})
beforeEach(() => operator.queue.resume())
afterAll(() => operator.close())

/** The latest entries of the audit, newest first. */
async function latest(count: number): Promise<object[]> {
  return (await operator.useCases.listAudit({ limit: count })).items
}

/** The use cases with a queue that does not answer. */
function withDeadQueue(): OperatorUseCases {
  const away = (): Promise<never> => Promise.reject(new ServiceUnavailableError('The queue does not answer.'))
  const queue = { counts: away, paused: away, pause: away, resume: away, evictionPolicy: async () => null }
  const replays = { planReplay: away, continuePlan: away, planNewSince: away, approveReplay: away, steerReplay: away, getReplay: away }
  const actions = { createOnboarding: away, findCommand: away, rebuildQueue: away, sendTestNotice: away, ...replays }
  const world = { queue: 'Postgres', upstream: null, simulated: true }
  const { pool, pace, roster } = operator
  return createUseCases({
    ...NO_TRADING,
    pool,
    queue,
    actions,
    pace,
    roster,
    world,
    sweepEverySeconds: null,
    askPaxos: away,
    missingScopes: async () => [],
    now: Date.now,
  })
}

describe('F27: pausing, resuming and rebuilding the queue', () => {
  it('names the operator, time and reason of a pause in the status, in doctor and over HTTP', async () => {
    const paused = await operator.useCases.pauseQueue({ reason: 'deploy 42' }, ada)
    expect(paused).toMatchObject({
      queue: { paused: true },
      pause: { by: 'ada', reason: 'deploy 42' },
      problems: [{ kind: 'queue-paused' }],
    })
    const { body } = await operator.call('GET', '/v1/queue')
    expect(body.pause).toMatchObject({ by: 'ada', at: paused.pause?.at?.toISOString(), reason: 'deploy 42' })
    const finding = (await operator.useCases.diagnose()).find(({ check }) => check === 'queue')
    expect(finding).toMatchObject({ result: 'warning', saw: expect.stringMatching(/^Paused by ada (now|\d+ s ago): deploy 42; /) })
    expect(await operator.useCases.resumeQueue({ reason: 'deployed' }, ada)).toMatchObject({ queue: { paused: false }, pause: null })
    expect(await latest(2)).toMatchObject([
      { action: 'queue.resume', reason: 'deployed', operator: 'ada', actorKind: 'operator' },
      { action: 'queue.pause', reason: 'deploy 42', operator: 'ada' },
    ])
  })

  it('names no operator when another tool paused it', async () => {
    await operator.queue.pause()
    expect((await operator.useCases.queueStatus()).pause).toEqual({ by: null, at: null, reason: null })
  })

  it.each(['pauseQueue', 'resumeQueue', 'rebuildQueue'] as const)('audits %s before it acts, and its failure afterwards', async (verb) => {
    const action = { pauseQueue: 'queue.pause', resumeQueue: 'queue.resume', rebuildQueue: 'queue.rebuild' }[verb]
    await expect(withDeadQueue()[verb]({ reason: 'Redis lost' }, ada)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(await latest(2)).toMatchObject([
      { action: `${action}.failed`, reason: 'Redis lost', data: { code: 'SERVICE_UNAVAILABLE' } },
      { action, reason: 'Redis lost', operator: 'ada' },
    ])
  })

  it('needs a reason over HTTP, and records the name in X-Operator', async () => {
    const headers = bearer({ 'x-operator': 'grace' })
    expect((await operator.call('POST', '/v1/queue/pause', { headers, body: {} })).status).toBe(400)
    expect((await operator.call('POST', '/v1/queue/pause', { headers, body: { reason: 'incident 7' } })).body.pause.by).toBe('grace')
    expect((await operator.call('POST', '/v1/queue/resume', { headers, body: { reason: 'over' } })).body.pause).toBeNull()
    const { body } = await operator.call('POST', '/v1/queue/rebuild', { headers, body: { reason: 'Redis lost' } })
    expect(body).toMatchObject({ unfinished: 0, requeued: 0, after: { paused: false } })
    expect(await latest(2)).toMatchObject([
      { action: 'queue.rebuild.done', data: { requeued: 0, unfinished: 0 } },
      { action: 'queue.rebuild', operator: 'grace', actorKind: 'operator' },
    ])
  })
})
