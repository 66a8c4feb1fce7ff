import type { NoticeChannel } from './notice.ts'

/** The channel of a role that works on streams and sends no notification: it decides and previews, and a worker sends. */
export const NO_CHANNEL: NoticeChannel = {
  name: 'none',
  send: ({ key }) => Promise.reject(new TypeError(`this role sends no notifications: ${key}`)),
  close: async () => {},
}
