import { createPostgresBackend } from 'bullmq'

/** Longest wait for a notification before the worker fetches again, seconds. */
const LONGEST_WAIT_SECONDS = 5

/**
 * BullMQ's Postgres backend, without two behaviours that would outlast an outage. It remembers for its whole life that its first connection
 * failed. After a failed wait it waits up to an hour for a notification, on a connection that may be dead.
 */
export const createLastingPostgresBackend: typeof createPostgresBackend = (...given) => {
  const backend = createPostgresBackend(...given)
  Object.defineProperty(backend, 'maximumBlockTimeout', { value: LONGEST_WAIT_SECONDS })
  forgetFailure(backend)
  forgetFailure(Reflect.get(backend, 'connection'))
  return backend
}

/** Both keep the failure in `readyPromise` (bullmq 6.7.0, postgres-connection.js and postgres-queue-backend.js). */
function forgetFailure(part: { waitUntilReady(): Promise<void> }): void {
  const waitUntilReady = part.waitUntilReady.bind(part)
  part.waitUntilReady = async () => {
    try {
      await waitUntilReady()
    } catch (error) {
      Reflect.deleteProperty(part, 'readyPromise')
      throw error
    }
  }
}
