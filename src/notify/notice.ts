/** One thing that a customer's application is told, once for each transition. Ids and codes only: nothing that names a person. */
export interface Notice {
  /** The same for every attempt: what lets the receiver drop a second copy. */
  key: string
  kind: 'onboarding.ready' | 'onboarding.denied' | 'onboarding.documents_required' | 'onboarding.disabled'
  occurredAt: Date
  data: { identityId: string; refId: string | null; accountId?: string; profileId?: string; requiredDocuments?: string[] }
}

/** One way to tell. */
export interface NoticeChannel {
  name: string
  /** Resolves when the notice was taken, with the HTTP status where there is one. @throws the errors of notice-errors.ts */
  send(notice: Notice): Promise<{ status: number | null }>
  close(): Promise<void>
}
