/** BullMQ alone: jobs that do nothing, added in bulk and processed in parallel. */
import { Queue, Worker } from 'bullmq'
import { createLogger } from '../../src/platform/logger.ts'
import { connectQueue, type QueueBackend } from '../../src/queue/queue-connection.ts'
import { runProgram } from './program.ts'

const PER_BULK = 500

await runProgram<{ backend: QueueBackend; concurrency: number }, number, null>(async ({ backend, concurrency }) => {
  const logger = createLogger({ level: 'warn' })
  const [producing, working] = [connectQueue(backend, { role: 'work', logger }), connectQueue(backend, { role: 'work', logger })]
  const options = { removeOnComplete: true, removeOnFail: true }
  const queue = new Queue('no-op', { ...producing.options, defaultJobOptions: options }, producing.factory)
  let done = 0
  let finished = Promise.withResolvers<void>()
  let wanted = Number.POSITIVE_INFINITY
  const worker = new Worker('no-op', async () => {}, { ...working.options, concurrency, autorun: false }, working.factory)
  worker.on('completed', () => {
    done += 1
    if (done === wanted) finished.resolve()
  })
  await worker.waitUntilReady()
  void worker.run()
  return {
    ready: null,
    /** Jobs per second, from the first bulk add to the last completed job. */
    answer: async (jobs) => {
      ;[done, wanted, finished] = [0, jobs, Promise.withResolvers<void>()]
      const startedAt = performance.now()
      for (let from = 0; from < jobs; from += PER_BULK) {
        const bulk = Array.from({ length: Math.min(PER_BULK, jobs - from) }, (_, index) => ({ name: 'no-op', data: { seq: from + index } }))
        await queue.addBulk(bulk)
      }
      await finished.promise
      return jobs / ((performance.now() - startedAt) / 1_000)
    },
    close: async () => {
      await worker.close()
      await queue.close()
      await Promise.all([producing.close(), working.close()])
    },
  }
})
