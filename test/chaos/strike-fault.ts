import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import pg from 'pg'
import { queuePrefix } from '../../src/compose/open-foundation.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { sweepEvents } from '../../src/reconcile/sweep-events.ts'
import { readInstallation } from '../../src/roster/installation.ts'
import type { FaultInput } from '../../src/sandbox/control/fault-book.ts'
import { takeNotice } from '../faults/notice-log.ts'
import { startPipeline } from '../saga/start-pipeline.ts'
import { type ChaosWorld, NOTICE_SECRET, OPERATOR_TOKEN, PAXOS_TIMEOUT_MS } from './chaos-world.ts'
import type { FaultName, PlannedFault } from './plan-faults.ts'

/** What an injection needs besides the world. */
export interface StrikeContext {
  world: ChaosWorld
  /** Completed events, for replays. */
  finished(): string[]
}

/** Ends a fault that lasts. */
type Lift = () => unknown
type Strike = (context: StrikeContext, fault: PlannedFault) => Promise<Lift> | Lift

const nothing: Lift = () => {}
const REPLAYED_AT_ONCE = 10
/** Share of the replays that may release holds. */
const RELEASING_SHARE = 0.3
const TRIES = 5

/** Everything that moves a customer's money. */
const TRADES = [
  'POST /profiles/{profile_id}/orders',
  'DELETE /profiles/{profile_id}/orders/{id}',
  'POST /profiles/{profile_id}/quote-executions',
  'POST /sandbox/profiles/{profile_id}/deposit',
] as const

/** How each fault is injected. */
export const STRIKES: Record<FaultName, Strike> = {
  'worker-killed': async ({ world }, { draw }) => {
    const worker = chosen(world.workers, draw)
    world.deaths.push(await worker.kill())
    return () => worker.start()
  },
  'worker-halted': ({ world }, { draw }) => {
    const worker = chosen(world.workers, draw)
    worker.halt()
    return outage(world, () => worker.goOn())
  },
  'receiver-killed': async ({ world }) => {
    await world.receiver.kill()
    return () => world.receiver.start()
  },
  'postgres-stopped': async ({ world }, { draw }) => {
    const lift = outage(world, () => world.postgres.start())
    await world.postgres.stop(draw < 0.5 ? 'crash' : 'fast')
    return lift
  },
  'postgres-cut': ({ world }) => {
    const lift = outage(world)
    world.lines.postgres.cut()
    return lift
  },
  'redis-flushed': async ({ world }) => {
    await onRedis(world, (client) => client.flushall())
    return nothing
  },
  'redis-killed': async ({ world }) => {
    await world.redis?.kill()
    return () => world.redis?.start()
  },
  'redis-cut': ({ world }) => {
    world.lines.redis?.cut()
    return nothing
  },
  'paxos-500': ({ world }, { draw }) => armed(world, { on: '*', do: 'answer', status: chosen([500, 502, 504], draw) }),
  'paxos-429': ({ world }, { draw }) => armed(world, { on: '*', do: 'answer', status: 429, retryAfterSeconds: 1 + Math.floor(draw * 2) }),
  'paxos-slow': ({ world }, { draw }) => outage(world, armed(world, { on: '*', do: 'latency', ms: 300 + draw * 2_500 })),
  'paxos-drops': ({ world }) => armed(world, { on: '*', do: 'drop' }),
  'account-unanswered': ({ world }, { draw }) =>
    armed(world, { on: 'POST /identity/accounts', do: chosen(['act-then-drop', 'act-then-answer', 'act-then-silence'], draw), ratio: 0.6 }),
  'trade-unanswered': ({ world }, { draw }) => {
    const how = chosen(['act-then-drop', 'act-then-answer', 'act-then-silence'] as const, draw)
    const lifts = TRADES.map((on) => armed(world, { on, do: how, ratio: 0.5 }))
    return () => {
      for (const lift of lifts) lift()
    }
  },
  'paxos-half-open': ({ world }) => {
    world.lines.paxos.swallow()
    return outage(world, async () => {
      await world.lines.paxos.pass()
      // Connections with lost bytes stay broken. Their users have timeouts of their own, and here they are cut.
      setTimeout(() => world.lines.paxos.cut(), 2 * PAXOS_TIMEOUT_MS).unref()
    })
  },
  'paxos-cut': ({ world }) => {
    const lift = outage(world)
    world.lines.paxos.cut()
    return lift
  },
  'notices-down': async ({ world }) => {
    await world.notices.down()
    return () => world.notices.up()
  },
  'notices-unanswered': ({ world }, { draw }) => {
    world.notices.reply((response) => {
      if (draw < 0.5) response.destroy()
      else response.writeHead(502).end()
    })
    return () => world.notices.reply(takeNotice)
  },
  replay: async ({ world, finished }, { draw }) => {
    const events = finished()
    if (events.length === 0) throw new Error('nothing has ended yet')
    const from = Math.floor(draw * events.length)
    const filter = { eventIds: events.slice(from, from + REPLAYED_AT_ONCE), releaseHolds: (draw * 10) % 1 < RELEASING_SHARE }
    await retried(() => replay(world, filter))
    return nothing
  },
  sweeps: async ({ world }) => {
    await retried(() => sweepTwice(world))
    return nothing
  },
}

/** Ends every fault that is still on at the end of a run. */
export async function liftEverything({ sandbox, lines, notices, redis, postgres, workers }: ChaosWorld): Promise<void> {
  sandbox.faults.clear()
  await Promise.all([lines.paxos.pass(), lines.postgres.pass(), lines.redis?.pass(), notices.up(), redis?.start(), postgres.start()])
  lines.paxos.cut()
  notices.reply(takeNotice)
  for (const worker of workers) worker.goOn()
}

function chosen<T>(choices: readonly T[], draw: number): T {
  return choices[Math.floor(draw * choices.length)] as T // draw is below 1
}

function armed({ sandbox }: ChaosWorld, fault: FaultInput): Lift {
  const id = sandbox.faults.arm(fault)
  return () => void sandbox.faults.disarm(id)
}

/**
 * From now until the end of the fault, plus the longest time of one call: within it, an unknown outcome of a call is no fault of the
 * product.
 */
function outage({ outages }: ChaosWorld, lift: Lift = nothing): Lift {
  const entry = { fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY }
  outages.push(entry)
  return async () => {
    await lift()
    entry.toMs = Date.now() + PAXOS_TIMEOUT_MS
  }
}

async function onRedis({ redis }: ChaosWorld, work: (client: Redis) => Promise<unknown>): Promise<void> {
  if (!redis) return
  const client = new Redis(redis.url, { retryStrategy: () => null })
  client.on('error', () => {})
  try {
    await work(client)
  } finally {
    client.disconnect()
  }
}

/** Runs an action that needs Paxos or Postgres, either of which may be away just now. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left--) {
    try {
      return await work()
    } catch (error) {
      if (left === 1) throw error
      await sleep(1_000)
    }
  }
}

/** Plans and approves as an operator does. @throws when either is refused */
async function replay({ operatorUrl }: ChaosWorld, filter: { eventIds: string[]; releaseHolds: boolean }): Promise<void> {
  const { id } = (await ask(`${operatorUrl}/v1/replays`, filter)) as { id: string }
  await ask(`${operatorUrl}/v1/replays/${id}/approve`, { reason: 'chaos: no effect may happen a second time' })
}

async function ask(url: string, body: object): Promise<unknown> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, 'content-type': 'application/json', 'x-operator': 'chaos' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  })
  if (!answer.ok) throw new Error(`${url} answers ${answer.status} ${await answer.text()}`)
  return answer.json()
}

/** Without the product's lag of half a minute: these sweeps reach up to now and race with webhooks of the same events. */
const LAG_MS = 30_000

/**
 * Two sweeps at the same time on connections of their own. The second finds the first in progress. Returns whether either swept, since a
 * worker may have been sweeping. @throws when both fail
 */
export async function sweepTwice({ postgres, redis, sandbox, notices }: ChaosWorld): Promise<boolean> {
  const backend = redis
    ? ({ kind: 'redis', url: redis.url, prefix: await prefixOf(postgres.url) } as const)
    : ({ kind: 'postgres', connectionString: postgres.url } as const)
  const sweep = async (): Promise<boolean> => {
    const parts = await startPipeline({
      databaseUrl: postgres.url,
      backend,
      paxos: sandbox,
      notices: { url: notices.url, secret: NOTICE_SECRET },
      concurrency: 0,
    })
    try {
      const logger = createLogger({ level: 'silent' })
      const now = (): number => Date.now() + LAG_MS
      return (await sweepEvents({ pool: parts.pool, inbox: parts.inbox, paxos: parts.paxos, logger, now })) !== null
    } finally {
      await parts.close()
    }
  }
  const [one, other] = await Promise.allSettled([sweep(), sweep()])
  if (one.status === 'rejected' && other.status === 'rejected') throw one.reason
  return [one, other].some((each) => each.status === 'fulfilled' && each.value)
}

/** The queue of the members' installation in Redis. */
async function prefixOf(databaseUrl: string): Promise<string> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 })
  try {
    return queuePrefix(await readInstallation(pool))
  } finally {
    await pool.end()
  }
}
