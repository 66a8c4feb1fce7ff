import { expect, it, onTestFinished } from 'vitest'
import type { FaultInput } from '../../src/sandbox/control/fault-book.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { completes, createWorld, eventually, reaches, type World } from '../saga/world.ts'
import { forEachBackend, type TestBackend } from '../support/queue-backends.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'

const EVENTS = 80
const CONCURRENCY = 8
const TIMEOUT_MS = 250
/** Failures in a row that open the breaker. Calls in progress then go on, and two listings may have gone before. */
const UNTIL_OPEN = 10 + CONCURRENCY + 2
/** A pause in the calls that only a breaker or a lock-out makes: its shortest wait is 0.5 s. */
const PAUSE_MS = 400
/** The time that each call takes after the trouble, so that parallel calls overlap visibly. */
const LATENCY_MS = 30

interface Scene {
  world: World
  pipeline: Pipeline
  line: TcpProxy
}

/** Works through a TCP proxy, and has completed one event: it holds a token and open connections. */
async function open(backend: TestBackend): Promise<Scene> {
  const world = await createWorld(backend)
  const line = await startTcpProxy({ port: Number(new URL(world.sandbox.url).port) })
  onTestFinished(() => line.close())
  const apiUrl = Object.assign(new URL(world.sandbox.apiUrl), { port: String(line.port) }).href
  const paxos = { apiUrl, tokenUrl: world.sandbox.tokenUrl }
  const pipeline = await world.start({ concurrency: CONCURRENCY, paxosTimeoutMs: TIMEOUT_MS, paxos })
  const event = await world.decided('approve')
  await pipeline.accept(event)
  await reaches(pipeline, event.identityId, 'ready')
  return { world, pipeline, line }
}

async function acceptMany({ world, pipeline }: Scene): Promise<string[]> {
  const events = await Promise.all(Array.from({ length: EVENTS }, () => world.decided('approve')))
  await Promise.all(events.map((event) => pipeline.accept(event)))
  return events.map(({ identityId }) => identityId)
}

/** HTTP requests to Paxos that have ended, with or without an answer. */
const requests = ({ pipeline }: Scene): Promise<number> => total(pipeline, 'gatehouse_paxos_request_seconds', /_count$/)

async function total({ metrics }: Pipeline, name: string, part = /$/, labels: Record<string, string> = {}): Promise<number> {
  const values = (await metrics.getMetricsAsJSON()).find((metric) => metric.name === name)?.values ?? []
  return values
    .filter((value) => part.test('metricName' in value ? String(value.metricName) : ''))
    .filter((value) => Object.entries(labels).every(([label, wanted]) => (value.labels as Record<string, unknown>)[label] === wanted))
    .reduce((sum, { value }) => sum + value, 0)
}

const retriesFor = ({ pipeline }: Scene, code: string): Promise<number> => total(pipeline, 'gatehouse_event_retries_total', /$/, { code })

/** Waits until calls came again after this many pauses, and gives the number of calls since `before`. */
async function afterPauses(scene: Scene, { pauses, before }: { pauses: number; before: number }): Promise<number> {
  let seen = before
  let roseAtMs = Number.POSITIVE_INFINITY
  let paused = 0
  await eventually(
    async () => {
      const now = await requests(scene)
      if (now > seen) {
        if (performance.now() - roseAtMs >= PAUSE_MS) paused += 1
        roseAtMs = performance.now()
        seen = now
      }
      return paused
    },
    (count) => count >= pauses,
  )
  return seen - before
}

const inboxOf = async ({ pipeline }: Scene) =>
  (
    await pipeline.pool.query<{ state: string; attempts: number; events: number }>(
      'SELECT state, attempts, count(*)::int AS events FROM inbox_event GROUP BY state, attempts',
    )
  ).rows

/**
 * Every event completes exactly once in the pipeline that lived through the trouble, with at most as many parallel calls as the worker has
 * slots.
 */
async function recovers(scene: Scene, identityIds: readonly string[], end: () => unknown): Promise<void> {
  const { world, pipeline } = scene
  const waiting = await inboxOf(scene)
  expect(waiting).toHaveLength(2)
  expect(waiting).toContainEqual({ state: 'accepted', attempts: 0, events: EVENTS })
  await end()
  world.sandbox.faults.arm({ on: '*', do: 'latency', ms: LATENCY_MS })
  const endedAtMs = Date.now()
  await completes(pipeline)
  expect(await inboxOf(scene)).toEqual([{ state: 'processed', attempts: 0, events: EVENTS + 1 }])
  for (const identityId of identityIds) {
    expect((await pipeline.ledger.load(identityId))?.onboarding.state).toBe('ready')
    expect(world.effectsOf(identityId)).toMatchObject({ accounts: 1, noticeKeys: [expect.any(String)], sends: 1 })
  }
  expect(mostAtOnce(world, endedAtMs)).toBeLessThanOrEqual(CONCURRENCY)
}

/** The calls that were in progress together, by the simulator's log, of those that began since then. */
function mostAtOnce({ sandbox }: World, sinceMs: number): number {
  const calls = sandbox.story
    .of('call')
    .map(({ atMs, durationMs }) => ({ from: atMs - durationMs, to: atMs }))
    .filter(({ from }) => from > sinceMs)
  // One that ends in the millisecond in which another begins was there before it.
  return Math.max(...calls.map(({ from }) => calls.filter((other) => other.from <= from && other.to > from).length))
}

const TROUBLES: [string, (scene: Scene) => () => unknown][] = [
  ['answers everything with a 500', struck({ on: '*', do: 'answer', status: 500 })],
  ['answers later than we wait', struck({ on: '*', do: 'latency', ms: 4 * TIMEOUT_MS })],
  [
    'takes connections and never answers',
    ({ line }) => {
      line.swallow()
      return () => line.pass() // an open connection stays dead, without a notice
    },
  ],
  [
    'resets every connection',
    ({ line }) => {
      line.swallow()
      const timer = setInterval(() => line.cut(), 20)
      onTestFinished(() => clearInterval(timer))
      return async () => {
        clearInterval(timer)
        line.cut()
        await line.pass()
      }
    },
  ],
]

function struck(fault: FaultInput): (scene: Scene) => () => unknown {
  return ({ world }) => {
    world.sandbox.faults.arm(fault)
    return () => world.sandbox.faults.clear()
  }
}

/**
 * The backend of the queue makes no difference here, except that jobs wait there. Each trouble runs on one backend, two or three on each.
 */
const troublesOn = ({ kind }: TestBackend) => TROUBLES.filter((_, index) => (index % 3 === 0) === (kind === 'redis'))

forEachBackend((backend) => {
  it.each(troublesOn(backend))('while Paxos %s, only probes call it, and every waiting event completes once', async (_, begin) => {
    const scene = await open(backend)
    const before = await requests(scene)
    const end = begin(scene)
    const identityIds = await acceptMany(scene)
    const probes = 1
    const calls = await afterPauses(scene, { pauses: probes, before })
    expect(await retriesFor(scene, 'PAXOS_CIRCUIT_OPEN')).toBeGreaterThan(0)
    expect(calls).toBeLessThanOrEqual(UNTIL_OPEN + probes)
    await recovers(scene, identityIds, end)
  })
})

it('while Paxos answers 429 with Retry-After, calls come only after that time, and every waiting event completes once', async () => {
  const scene = await open({ kind: 'postgres' })
  const before = await requests(scene)
  const end = struck({ on: '*', do: 'answer', status: 429, retryAfterSeconds: 2 })(scene)
  const identityIds = await acceptMany(scene)
  const lockouts = 2
  const calls = await afterPauses(scene, { pauses: lockouts, before })
  // The calls in progress, and two listings; then a single call at the end of each.
  expect(calls).toBeLessThanOrEqual(CONCURRENCY + 2 + lockouts)
  await recovers(scene, identityIds, end)
})

it('when Paxos answers one 429 without Retry-After, no call is made for five minutes, and no attempt is spent', async () => {
  const scene = await open({ kind: 'postgres' })
  const { world, pipeline } = scene
  const before = await requests(scene)
  world.sandbox.faults.arm({ on: '*', do: 'answer', status: 429, next: CONCURRENCY })
  await acceptMany(scene)
  await eventually(
    async () => {
      const { rows } = await pipeline.pool.query<{ events: number }>(
        "SELECT count(*)::int AS events FROM inbox_event WHERE state = 'accepted' AND due_at > now() + interval '4 minutes'",
      )
      return rows[0]?.events
    },
    (events) => events === EVENTS,
  )
  expect(await inboxOf(scene)).toContainEqual({ state: 'accepted', attempts: 0, events: EVENTS })
  expect((await requests(scene)) - before).toBeLessThanOrEqual(CONCURRENCY + 2)
})
