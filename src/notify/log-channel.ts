import type { Logger } from '../platform/logger.ts'
import type { NoticeChannel } from './notice.ts'
import { noticeBody } from './notice-body.ts'

/** Logs each notification as one structured line. Used when no other channel is configured. */
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
