import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openQueue } from '../../src/compose/open-queue.ts'
import { createLogger } from '../../src/platform/logger.ts'
import type { EventJob } from '../../src/queue/event-jobs.ts'
import { createEventQueue } from '../../src/queue/event-queue.ts'
import { startEventWorker } from '../../src/queue/event-worker.ts'
import type { QueueBackend } from '../../src/queue/queue-connection.ts'
import { findRedis, launchRedis, type RedisProgram } from '../support/redis-server.ts'

const DIRECTORY = fileURLToPath(new URL('../../.gatehouse', import.meta.url))
const silent = createLogger({ level: 'silent' })

let program: RedisProgram
beforeAll(async () => {
  program = await findRedis({ directory: DIRECTORY, say: () => {} })
})

/** A Redis of its own with these settings, and a user `gate` with these rights. */
async function hiding({ settings = [], rights = ['+@all'] }: { settings?: string[]; rights?: string[] }): Promise<QueueBackend> {
  const server = await launchRedis(program, { settings })
  onTestFinished(() => server.stop())
  const admin = new Redis(server.url, { enableReadyCheck: false })
  await admin.call('ACL', 'SETUSER', 'gate', 'on', '>secret', '~*', '&*', ...rights)
  admin.disconnect()
  return { kind: 'redis', url: server.url.replace('//', '//gate:secret@'), prefix: 'hidden' }
}

const EVICTING = ['--maxmemory', '50mb', '--maxmemory-policy', 'allkeys-lru']
const NO_CONFIG = ['--rename-command', 'CONFIG', '']

function open(backend: QueueBackend, lines: { msg: string }[] = []) {
  const logger = createLogger({ level: 'warn', destination: { write: (line) => lines.push(JSON.parse(line)) } })
  return openQueue({ queueBackend: backend } as Parameters<typeof openQueue>[0], logger) // it makes no other calls to the foundation
}

describe('c09: a Redis without CONFIG', () => {
  it('is refused when INFO says that it evicts', async () => {
    await expect(open(await hiding({ settings: [...EVICTING, ...NO_CONFIG] }))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('maxmemory-policy allkeys-lru'),
    })
  })

  it('is accepted when INFO says that it does not', async () => {
    const queue = await open(await hiding({ settings: NO_CONFIG }))
    onTestFinished(() => queue.close())
    expect(await queue.evictionPolicy()).toBe('noeviction')
  })

  it('is accepted with a warning when INFO is hidden too', async () => {
    const lines: { msg: string }[] = []
    const queue = await open(await hiding({ rights: ['+@all', '-config', '-info'] }), lines)
    onTestFinished(() => queue.close())
    expect(await queue.evictionPolicy()).toBe('unknown')
    expect(lines).toMatchObject([{ msg: expect.stringContaining('the maxmemory-policy of Redis is unknown') }])
  })
})

describe('c10: a Redis user without INFO', () => {
  it.each([
    ['denied by its rights', { rights: ['+@all', '-@dangerous'] }],
    ['denied by a renamed command', { settings: ['--rename-command', 'INFO', ''] }],
  ])('can still work when it is %s', async (_, how) => {
    const backend = await hiding(how)
    const queue = createEventQueue(backend, { logger: silent })
    const taken = Promise.withResolvers<EventJob>()
    const handle = async (event: EventJob) => {
      taken.resolve(event)
      return { kind: 'done' } as const
    }
    const worker = startEventWorker(backend, { handle, concurrency: 1, logger: silent, queue })
    onTestFinished(async () => {
      await worker.close()
      await queue.close()
    })
    await queue.add([{ seq: '7', generation: 0 }])
    expect(await taken.promise).toMatchObject({ seq: '7' })
    expect(await queue.counts()).toMatchObject({ paused: false })
  })

  it("stops the start with Redis's message when the password is wrong", async () => {
    const backend = await hiding({})
    const wrong = { ...backend, url: 'url' in backend ? backend.url.replace('secret', 'wrong') : '' } as QueueBackend
    await expect(open(wrong)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/REDIS_URL: Redis refuses this user \(WRONGPASS/),
    })
  })
})

describe('a Redis that does not answer', () => {
  it('delays a start by at most a few seconds, and the log names it', async () => {
    const lines: { msg: string }[] = []
    const began = performance.now()
    const queue = await open({ kind: 'redis', url: 'redis://127.0.0.1:1', prefix: 'hidden' }, lines)
    onTestFinished(() => queue.close())
    expect(performance.now() - began).toBeLessThan(8_000)
    expect(lines.map(({ msg }) => msg)).toContainEqual(expect.stringContaining('Redis at 127.0.0.1:1 does not answer'))
  })
})

describe('c32: a Redis that closes idle clients', () => {
  it('delivers the next job, and the worker takes it', async () => {
    const backend = await hiding({ settings: ['--timeout', '1'] })
    const queue = createEventQueue(backend, { logger: silent })
    const taken = Promise.withResolvers<EventJob>()
    const handle = async (event: EventJob) => {
      taken.resolve(event)
      return { kind: 'done' } as const
    }
    const worker = startEventWorker(backend, { handle, concurrency: 1, logger: silent, queue })
    onTestFinished(async () => {
      await worker.close()
      await queue.close()
    })
    await sleep(3_000) // Redis closes idle clients about once a second, without a message
    await expect.poll(() => queue.add([{ seq: '8', generation: 0 }]).catch(() => 0), { timeout: 5_000 }).toBe(1)
    expect(await taken.promise).toMatchObject({ seq: '8' })
  })
})
