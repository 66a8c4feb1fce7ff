import type { Logger } from '../platform/logger.ts'
import type { NoticeChannel } from './notice.ts'
import { noticeBody } from './notice-body.ts'

/** Tells the log: one structured line for each notice. What there is when no other channel is set up. */
export function createLogChannel({ logger }: { logger: Logger }): NoticeChannel {
  return {
    name: 'log',
    async send(notice) {
      logger.info({ notice: { key: notice.key, ...noticeBody(notice) } }, 'notice')
      return { status: null }
    },
    async close() {},
  }
}
