import { flushCompileCache } from 'node:module'
import { startEventLoopWatchdog } from '../../src/platform/event-loop-watchdog.ts'
import { createHttpServer, listen } from '../../src/platform/http-server.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { registerReceiver } from '../../src/receive/register-receiver.ts'
import { type PipelineOptions, startPipeline } from '../saga/start-pipeline.ts'
import { type Instant, watch } from './instants.ts'

/** The parent's orders, as JSON in CRASH_CHILD. */
export interface ChildOrder
  extends Pick<PipelineOptions, 'databaseUrl' | 'backend' | 'paxos' | 'notices' | 'concurrency' | 'paxosTimeoutMs' | 'watch'> {
  apiKey: string
  /** Die at this instant. */
  dieAt: Instant | null
  /** Die whenever this event is confirmed. */
  poison: string | null
  /** Block the event loop for ever instead of dying of the poison. The watchdog kills after this time without a turn, in milliseconds. */
  standstillMs?: number
}

/** The child's messages to its parent. */
export type ChildMessage = { url: string } | { passed: Instant[] }

// A receiver and a worker in a separate process, which kills itself (a real SIGKILL) at the ordered instant.
const order = JSON.parse(process.env.CRASH_CHILD ?? '') as ChildOrder // written by the parent, of this very type
const passed = new Set<Instant>()

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  throw new Error('unreachable: no process survives SIGKILL')
}

function poisoned(): never {
  if (order.standstillMs === undefined) die()
  for (;;);
}

function reach(at: Instant): void {
  passed.add(at)
  if (at !== order.dieAt) return
  // A call in progress: a turn or two of the event loop later, it has sent its request and has not read the answer.
  if (at.startsWith('during')) setImmediate(() => setImmediate(() => setImmediate(die)))
  else die()
}

const logger = createLogger({ level: 'silent' })
if (order.standstillMs !== undefined) startEventLoopWatchdog({ limitMs: order.standstillMs, logger })
const pipeline = await startPipeline({
  ...order,
  decorate: (name, part) => {
    const watched = watch(name, part, reach)
    if (name !== 'reader' || order.poison === null) return watched
    return new Proxy(watched, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property)
        if (property !== 'event' || typeof value !== 'function') return value
        return (...args: unknown[]) => (args[0] === order.poison ? poisoned() : value(...args))
      },
    })
  },
})
const { metrics } = pipeline
const readiness = [{ name: 'jobs', check: pipeline.check }]
const app = await createHttpServer({ logger, bodyLimitBytes: 16_384, metrics, readiness })
app.addHook('onSend', async (request) => {
  if (request.method === 'POST') reach('before answer #1')
})
app.addHook('onResponse', async (request) => {
  if (request.method === 'POST') reach('after answer #1')
})
await registerReceiver(app, {
  accept: pipeline.inbox.accept,
  metrics,
  authenticators: {
    enabled: ['api-key'],
    apiKeyHeader: 'x-api-key',
    apiKeys: [order.apiKey],
    oauthClients: [],
    signingSecrets: [],
  },
})
const url = await listen(app, { host: '127.0.0.1', port: 0, asked: true, variable: 'PORT' })

const tell = (message: ChildMessage): void => void process.send?.(message)
process.on('message', () => {
  tell({ passed: [...passed] })
  void app
    .close()
    .then(() => pipeline.close())
    .then(() => process.disconnect())
})
tell({ url })
if (order.dieAt === null) flushCompileCache() // children that are killed leave nothing for the next
