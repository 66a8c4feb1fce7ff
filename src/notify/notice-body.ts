import type { Notice } from './notice.ts'

/** What leaves the house. Written field by field, so that nothing else that a notice may carry by accident goes out with it. */
export interface NoticeBody {
  type: Notice['kind']
  /** When it happened, ISO 8601 UTC: the same in every attempt. */
  timestamp: string
  data: Notice['data']
}

export function noticeBody({ kind, occurredAt, data }: Notice): NoticeBody {
  const { identityId, refId, accountId, profileId, requiredDocuments } = data
  return {
    type: kind,
    timestamp: occurredAt.toISOString(),
    data: {
      identityId,
      refId,
      ...(accountId === undefined ? {} : { accountId }),
      ...(profileId === undefined ? {} : { profileId }),
      ...(requiredDocuments === undefined ? {} : { requiredDocuments }),
    },
  }
}
