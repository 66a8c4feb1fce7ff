/** Answers as Paxos documents them (paxos/api.md 3.1, 4.4, 5.1, 6), with invented values. */
export const EVENT_ID = '0b6f0a8e-6a5e-4b9f-9d53-0d8a3c1f2a77'
export const IDENTITY_ID = '7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10'
export const ACCOUNT_ID = 'e1c5d0b2-63a1-4d57-8d9e-5f2b8f0c9b31'
export const PROFILE_ID = 'a9d2c7f4-0d1b-4a2e-9c55-6a1a2b3c4d5e'

export const approvedEvent = {
  id: EVENT_ID,
  type: 'identity.approved',
  object_type: 'identity_summary_status_change',
  object: {
    id: '5c1d7a52-8f51-4d8b-8a3e-7b0f1f0f7c11',
    identity_id: IDENTITY_ID,
    old_summary_status: 'PENDING',
    new_summary_status: 'APPROVED',
  },
  created_at: '2026-03-02T09:15:30.648489333Z',
  undelivered_webhooks: 2,
}

export const identity = {
  id: IDENTITY_ID,
  type: 'PERSON',
  ref_id: 'user_01HZX3',
  status: 'PENDING',
  summary_status: 'PENDING',
  status_details: { active_controls: [], requirements: [] },
  person_details: { verifier_type: 'PASSTHROUGH', first_name: 'Ada', last_name: 'Moreno' },
  tax_details: [{ tax_payer_id: '123-45-6789', tax_payer_country: 'USA' }],
  created_at: '2026-03-02T09:15:20.957068Z',
  updated_at: '2026-03-02T09:15:20.957068Z',
}

export const newIdentity = {
  ref_id: 'user_01HZX3',
  person_details: { first_name: 'Ada', last_name: 'Moreno', cip_id: '123-45-6789', address: { city: 'Albany', zip_code: '12207' } },
}

export const account = {
  id: ACCOUNT_ID,
  identity_id: IDENTITY_ID,
  ref_id: 'acct_01HZX3',
  type: 'BROKERAGE',
  profile_id: PROFILE_ID,
  description: 'Brokerage account',
  members: [],
  summary_status: 'APPROVED',
  created_at: '2026-03-02T09:15:40.120Z',
}

export const newAccount = { identityId: IDENTITY_ID, refId: 'acct_01HZX3', type: 'BROKERAGE' } as const

export const alreadyExists = (detail: string, existingId: string) => ({
  type: 'https://developer.paxos.com/docs/v2/problems/already-exists',
  title: 'Already Exists',
  status: 409,
  detail,
  meta: { existing: { id: existingId } },
})
