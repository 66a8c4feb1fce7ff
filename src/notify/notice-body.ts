import { NOTICE_FIELDS, type Notice } from './notice.ts'

/** The body that is sent. It is built field by field, so that no other field of a notice can go out by accident. */
export interface NoticeBody {
  type: Notice['kind']
  /** When it happened, ISO 8601 UTC. Every attempt sends the same time. */
  timestamp: string
  data: Notice['data']
}

export function noticeBody({ kind, occurredAt, data }: Notice): NoticeBody {
  const carried = NOTICE_FIELDS[kind].flatMap((field) => (data[field] === undefined ? [] : [[field, data[field]]]))
  return { type: kind, timestamp: occurredAt.toISOString(), data: Object.fromEntries(carried) }
}
