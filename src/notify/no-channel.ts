import type { NoticeChannel } from './notice.ts'

/** For a role that works on streams but sends no notifications: it decides and previews, and a worker sends. */
export const NO_CHANNEL: NoticeChannel = {
  name: 'none',
  send: ({ key }) => Promise.reject(new TypeError(`this role sends no notifications: ${key}`)),
  close: async () => {},
}
