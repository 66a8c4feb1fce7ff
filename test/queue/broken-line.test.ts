import { describe, expect, it, type TestContext } from 'vitest'
import { createLogger } from '../../src/platform/logger.ts'
import { createEventQueue, type EventQueue } from '../../src/queue/event-queue.ts'
import { startEventWorker } from '../../src/queue/event-worker.ts'
import { connectQueue } from '../../src/queue/queue-connection.ts'
import { eventually } from '../saga/world.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { createTestDatabase } from '../support/test-database.ts'

const logger = createLogger({ level: 'silent' })

describe.concurrent('the queue on Postgres', () => {
  it('works once Postgres can be reached after a failed start', { timeout: 60_000 }, async ({ onTestFinished }) => {
    const { line, backend, healthy, produce } = await openSetup(onTestFinished)
    line.refuse()
    const producer = createEventQueue(backend, { logger })
    onTestFinished(() => producer.close())
    const seen = work({ backend, queue: healthy }, onTestFinished)
    await expect(producer.add([{ seq: '1', generation: 0 }])).rejects.toThrow()
    await line.pass()
    await eventually(
      () =>
        producer.add([{ seq: '2', generation: 0 }]).then(
          () => 'added',
          (error: unknown) => String(error),
        ),
      (answer) => answer === 'added',
    )
    await produce('3')
    await eventually(
      () => [...seen].sort(),
      (seqs) => seqs.join() === '2,3',
    )
  })

  it('never waits more than 5 s for a notification that may have been lost', async ({ onTestFinished }) => {
    const { backend } = await openSetup(onTestFinished)
    const connection = connectQueue(backend, { role: 'work', logger })
    onTestFinished(() => connection.close())
    const opened = connection.factory('any', connection.options, { withBlockingConnection: true })
    onTestFinished(() => opened.close())
    expect(opened.maximumBlockTimeout).toBeLessThanOrEqual(5)
  })

  it('continues after its connections were cut', { timeout: 60_000 }, async ({ onTestFinished }) => {
    const { line, backend, healthy, produce } = await openSetup(onTestFinished)
    const seen = work({ backend, queue: healthy }, onTestFinished)
    await produce('1')
    await eventually(
      () => seen.length,
      (count) => count === 1,
    )
    line.cut()
    await produce('2')
    await eventually(
      () => seen,
      (seqs) => seqs.join() === '1,2',
    )
  })
})

/** A database, and a line to it that a test can break. `produce` does not use the line. */
async function openSetup(onTestFinished: TestContext['onTestFinished']) {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const url = new URL(database.url)
  const line = await startTcpProxy({ host: url.hostname, port: Number(url.port) })
  onTestFinished(() => line.close())
  const healthy = createEventQueue({ kind: 'postgres', connectionString: database.url }, { logger })
  onTestFinished(() => healthy.close())
  const over = Object.assign(new URL(database.url), { hostname: '127.0.0.1', port: String(line.port) }).href
  return {
    line,
    backend: { kind: 'postgres', connectionString: over } as const,
    healthy,
    produce: (seq: string) => healthy.add([{ seq, generation: 0 }]),
  }
}

function work(
  { backend, queue }: { backend: { kind: 'postgres'; connectionString: string }; queue: EventQueue },
  onTestFinished: TestContext['onTestFinished'],
): string[] {
  const seen: string[] = []
  const handle = async ({ seq }: { seq: string }) => {
    seen.push(seq)
    return { kind: 'done' } as const
  }
  const worker = startEventWorker(backend, { handle, concurrency: 2, logger, queue })
  onTestFinished(() => worker.close())
  return seen
}
