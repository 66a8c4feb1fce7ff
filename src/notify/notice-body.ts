import { NOTICE_FIELDS, type Notice } from './notice.ts'

/** What leaves the house. Written field by field, so that nothing else that a notice may carry by accident goes out with it. */
export interface NoticeBody {
  type: Notice['kind']
  /** When it happened, ISO 8601 UTC: the same in every attempt. */
  timestamp: string
  data: Notice['data']
}

export function noticeBody({ kind, occurredAt, data }: Notice): NoticeBody {
  const carried = NOTICE_FIELDS[kind].flatMap((field) => (data[field] === undefined ? [] : [[field, data[field]]]))
  return { type: kind, timestamp: occurredAt.toISOString(), data: Object.fromEntries(carried) }
}
