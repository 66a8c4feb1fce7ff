import type { Pool } from 'pg'
import { errorMessage } from '../platform/app-error.ts'
import type { Logger } from '../platform/logger.ts'
import type { NoticeChannel } from './notice.ts'
import { NoticeError } from './notice-errors.ts'
import { recordFailures, recordTaken } from './notice-health.ts'

/** Each process records its results at most this often, milliseconds: a refusing application fails hundreds of times a minute. */
const WRITE_EVERY_MS = 1_000
/** Without failures the time of the last success is renewed this often, milliseconds. */
const RENEW_EVERY_MS = 10_000

/**
 * Wraps the channel and records whether the application accepts notifications. The first failure in a row is a warning in the log, and so
 * is the end of the row. Home and `doctor` read the state in Postgres. Sending never waits for that: what cannot be written is written with
 * the next result.
 */
export function watchChannel(channel: NoticeChannel, { pool, logger }: { pool: Pool; logger: Logger }): NoticeChannel {
  const seen = { failures: 0, failing: true, wroteAt: 0, takenAt: 0 }
  let writing: Promise<void> = Promise.resolve()
  const write = (work: () => Promise<void>): void => {
    writing = writing.then(work).catch((error: unknown) => logger.debug({ reason: errorMessage(error) }, 'notice health not written'))
  }
  const failed = ({ code, status }: NoticeError): void => {
    seen.failures += 1
    const startsHere = !seen.failing
    seen.failing = true
    if (!startsHere && Date.now() - seen.wroteAt < WRITE_EVERY_MS) return
    seen.wroteAt = Date.now()
    const count = seen.failures
    seen.failures = 0
    write(async () => {
      const inARow = await recordFailures(pool, { count, code, status })
      if (inARow === count)
        logger.warn({ code, status, channel: channel.name }, 'the application does not accept notifications; Gatehouse retries them')
    })
  }
  const taken = (): void => {
    if (!seen.failing && Date.now() - seen.takenAt < RENEW_EVERY_MS) return
    Object.assign(seen, { failures: 0, failing: false, takenAt: Date.now() })
    write(async () => {
      const failures = await recordTaken(pool)
      if (failures > 0) logger.info({ failures, channel: channel.name }, 'the application accepts notifications again')
    })
  }
  return {
    name: channel.name,
    send: async (notice) => {
      try {
        const answer = await channel.send(notice)
        taken()
        return answer
      } catch (error) {
        if (error instanceof NoticeError) failed(error)
        throw error
      }
    },
    close: async () => {
      await channel.close()
      await writing
    },
  }
}
