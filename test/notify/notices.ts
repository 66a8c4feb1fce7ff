import type { Notice } from '../../src/notify/notice.ts'

export const readyNotice: Notice = {
  key: 'ntc_7f0f5b7e:ready:1',
  kind: 'onboarding.ready',
  occurredAt: new Date('2026-03-02T09:15:41.500Z'),
  data: {
    identityId: '7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10',
    refId: 'user_01HZX3',
    accountId: 'e1c5d0b2-63a1-4d57-8d9e-5f2b8f0c9b31',
    profileId: 'a9d2c7f4-0d1b-4a2e-9c55-6a1a2b3c4d5e',
  },
}

export const documentsNotice: Notice = {
  key: 'ntc_7f0f5b7e:documents_required:1',
  kind: 'onboarding.documents_required',
  occurredAt: new Date('2026-03-02T09:15:41.500Z'),
  data: { identityId: '7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10', refId: null, requiredDocuments: ['PROOF_OF_FUNDS'] },
}

/** A notification with what it must not carry: a person. */
export const indiscreetNotice: Notice = Object.assign({ name: 'Ada Moreno' }, readyNotice, {
  data: Object.assign({ person_details: { first_name: 'Ada' }, email: 'ada@example.com' }, readyNotice.data),
})
