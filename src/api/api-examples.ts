import type { ApiSchemaName } from './api-schemas.ts'

/** Invented examples. A test checks them against the schemas. */

const IDENTITY_ID = 'e5f62a34-5f2f-465a-83c8-87c140a96dd1'
const EVENT_ID = 'd8b7552f-ed28-4535-84b3-bd0aece3879e'

const PERSON = {
  ref_id: 'user_01HZX3',
  person_details: {
    verifier_type: 'PASSTHROUGH',
    passthrough_verifier_type: 'PERSONA',
    passthrough_verified_at: '2026-03-01T12:00:00Z',
    passthrough_verification_id: 'inq_8d1f',
    passthrough_verification_status: 'APPROVED',
    passthrough_verification_fields: ['FULL_LEGAL_NAME', 'DATE_OF_BIRTH'],
    first_name: 'Ada',
    last_name: 'Moreno',
    date_of_birth: '1988-04-12',
    address: { address1: '12 Elm St', city: 'Albany', province: 'NY', country: 'USA', zip_code: '12207' },
    nationality: 'USA',
    cip_id: '123-45-6789',
    cip_id_type: 'SSN',
    cip_id_country: 'USA',
    email: 'ada@example.com',
    phone_number: '+1 555 000 0000',
  },
  customer_due_diligence: {
    estimated_yearly_income: 'INCOME_50K_TO_100K',
    expected_transfer_value: 'TRANSFER_VALUE_0_TO_25K',
    source_of_wealth: 'EMPLOYMENT_INCOME',
    employment_status: 'FULL_TIME',
    employment_industry_sector: 'INFORMATION',
  },
}

/** Request bodies, by operation. */
export const REQUEST_EXAMPLES: Readonly<Record<string, unknown>> = {
  createOnboarding: PERSON,
  confirmDuplicate: { reason: 'same date of birth and document; the customer confirmed it by telephone' },
  declineDuplicate: { reason: 'another person with a mistyped number' },
  createOnboardingAccount: {
    type: 'BROKERAGE',
    description: 'Joint account',
    metadata: { branch: 'albany' },
    members: [{ identityId: '4c1d0e8a-5b1f-4f3e-9d2a-6e7b8c9d0a1b', roles: ['BENEFICIAL_OWNER'] }],
  },
  updateOnboarding: { person_details: { last_name: 'Moreno-Lee' } },
  previewOnboardingChange: { person_details: { last_name: 'Moreno-Lee' } },
  kycRefreshOnboarding: { changes: {} },
  createOnboardingControl: { type: 'SELL_ONLY', reasonCode: 'END_USER_REQUEST', reason: 'asked for by the customer, ticket 4711' },
  createAccountMember: { members: [{ identityId: '4c1d0e8a-5b1f-4f3e-9d2a-6e7b8c9d0a1b', roles: ['AUTHORIZED_USER'] }] },
  closeAccount: { reason: 'the customer asked for it, ticket 4711' },
  stopAccountClosing: { reason: 'the customer changed their mind, ticket 4711' },
  createOnboardingDocument: { documentTypes: ['PROOF_OF_FUNDS'], file: '%PDF-1.7' },
  createAccountDepositInstruction: { network: 'WIRE', routingNumberType: 'ABA' },
  createDepositInstructionSandboxWire: { asset: 'USD', amount: '150.33' },
  createOnboardingMember: { members: [{ identityId: IDENTITY_ID, roles: ['BENEFICIAL_OWNER'], ownership: '25' }] },
  createAccountDeposit: { asset: 'USD', amount: '10000.00' },
  previewAccountOrder: { side: 'SELL', market: 'BTCUSD', type: 'LIMIT', baseAmount: '0.1', price: '65000' },
  createAccountOrder: { side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '250.00' },
  createAccountQuoteExecution: { quoteId: '9f6a2c1e-5a2b-4f1c-8a3d-2b6f0c9d7e11', quoteAmount: '250.00' },
  createReplay: { states: ['parked', 'dead'], from: '2026-03-01T00:00:00Z' },
  leakedWebhookKey: { reason: 'it stood in a public log, ticket 4711' },
  eraseOnboarding: { reason: 'the person asked for it, ticket 4711' },
  createOnboardingLegalHold: { name: 'case 2026-114', reason: 'subpoena of 12 March' },
  liftOnboardingLegalHold: { name: 'case 2026-114', reason: 'the case is closed' },
  dismissEvent: { reason: 'forged: unknown to Paxos, ticket 4711' },
  undismissEvent: { reason: 'Paxos knows it after all' },
  acknowledgeIssue: { reason: 'Paxos is investigating it, ticket 4711' },
  muteIssue: { reason: 'a new version of the application is deployed on Monday', until: '2026-03-09T12:00:00Z' },
  resolveIssue: { reason: 'the scope was granted' },
  reopenIssue: { reason: 'the cause is back' },
  noteIssue: { note: 'Paxos corrects it on Monday', link: 'https://tickets.example.com/4711' },
  driftReconciliation: { plan: true },
  createReconciliation: { from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' },
  approveReplay: { reason: 'Paxos was down from 12:00 to 12:40' },
  pauseReplay: { reason: 'the application answers 500' },
  resumeReplay: { reason: 'the application is back' },
  cancelReplay: { reason: 'the cause is not fixed' },
  discardReplay: { reason: 'planned with the wrong filter' },
  promoteWebhookKey: { reason: 'the Events API of Paxos lagged; the key was not stolen' },
  pauseQueue: { reason: 'deploy 42' },
  resumeQueue: { reason: 'deploy 42 is done' },
  createOperator: { name: 'Grace Hopper', role: 'approver', reason: 'joins the team, ticket 4711' },
  roleOperator: { role: 'viewer', reason: 'moves to another team' },
  removeOperator: { reason: 'has left' },
  createOperatorToken: { label: 'laptop', expires: '90d', reason: 'first token' },
  revokeOperatorToken: { reason: 'the laptop was stolen' },
  rebuildQueue: { reason: 'Redis was emptied' },
}

/** Responses, by schema. */
export const ANSWER_EXAMPLES: Readonly<Partial<Record<ApiSchemaName, unknown>>> = {
  Problem: {
    type: 'about:blank',
    title: 'Bad Request',
    status: 400,
    detail: 'limit must be at most 200.',
    code: 'REQUEST_INVALID',
    errors: [{ field: 'limit', message: 'must be at most 200' }],
  },
}

/** Ids in paths, by parameter name; of several, a route shows the first one that its own schema accepts. */
export const PARAMETER_EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  id: [IDENTITY_ID, '3f8a1c0b9d2e', 'import-3f8a1c0b9d2e4f60a7b8c9d0e1f23344'],
  memberId: ['3b9f1f7e-0c53-4b6e-8f6a-2d1c0b9a8e77'],
  event_id: [EVENT_ID],
  token_id: [IDENTITY_ID],
  name: ['Grace Hopper'],
  'idempotency-key': ['person-1'],
}
