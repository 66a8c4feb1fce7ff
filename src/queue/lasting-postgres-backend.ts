import { createPostgresBackend } from 'bullmq'

/** Longest wait for a job without a question, seconds. */
const LONGEST_WAIT_SECONDS = 5

/**
 * BullMQ's Postgres backend, but for two things that would outlast an outage: it remembers for as long as it lives that its first
 * connection failed, and once a wait has failed it waits for up to an hour to be notified, on a connection that may have gone silent.
 */
export const createLastingPostgresBackend: typeof createPostgresBackend = (...given) => {
  const backend = createPostgresBackend(...given)
  Object.defineProperty(backend, 'maximumBlockTimeout', { value: LONGEST_WAIT_SECONDS })
  forgetFailure(backend)
  forgetFailure(Reflect.get(backend, 'connection'))
  return backend
}

/** Both remember in `readyPromise` (bullmq 6.7.0, postgres-connection.js and postgres-queue-backend.js). */
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
