import { describe, expect, it } from 'vitest'
import { type Effect, type Receipt, recordAbsence, recordRefusal, reopenRefused } from '../../../src/domain/effect.ts'
import { applyDecision, type Draft, hold } from '../../../src/domain/onboarding/advance.ts'
import { newOnboarding, type OnboardingState } from '../../../src/domain/onboarding/onboarding.ts'
import { transition } from '../../../src/domain/onboarding/transition.ts'
import { draftOf } from '../../../src/domain/stream.ts'
import { applyReceipt, claimNext } from '../../support/onboarding-steps.ts'

const IDENTITY = '7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10'
const ACCOUNT = {
  kind: 'account',
  accountId: 'e1c5d0b2-63a1-4d57-8d9e-5f2b8f0c9b31',
  profileId: 'a9d2c7f4-0d1b-4a2e-9c55-6a1a2b3c4d5e',
  how: 'created',
} as const
const SENT: Receipt = { kind: 'notice', channel: 'webhook', status: 204 }
const JOB = { by: '1', now: 1_000, leaseMs: 500 }

const unknown = (): Draft => draftOf({ onboarding: newOnboarding(IDENTITY, 'adopted', null), effects: [] })

/** What Paxos says now, as the saga observes it. Earlier entries are left out. */
function observe(draft: Draft, status: string, { operator = false, documents }: { operator?: boolean; documents?: string[] } = {}): Draft {
  const event = documents ? 'identity.documents_required' : 'identity.approved'
  const decision = transition(draft.onboarding, { event, status, requiredDocuments: documents ?? [] }, operator ? 'operator' : 'machine')
  return applyDecision(draftOf(draft), decision, status)
}

/** Makes the next attempt, which must be of this step. */
function attempt(draft: Draft, step: string): Draft {
  const claim = claimNext(draft, JOB)
  if (claim.kind !== 'attempt' || claim.effect.step !== step) throw new Error(`not ${step}, but ${JSON.stringify(claim)}`)
  return claim.draft
}

const succeed = (draft: Draft, step: string, receipt: Receipt): Draft => applyReceipt(draftOf(attempt(draft, step)), step, receipt)

/** The account is there, and the application was told of it. */
function withAccount(approved: Draft): Draft {
  return succeed(succeed(approved, 'account', ACCOUNT), 'notice:account_opened:1', SENT)
}

function ready(): Draft {
  return succeed(withAccount(observe(unknown(), 'APPROVED')), 'notice:ready:1', SENT)
}

const denied = (): Draft => succeed(observe(unknown(), 'DENIED'), 'notice:denied:1', SENT)

const effect = ({ effects }: Draft, step: string): Effect | undefined => effects.find((candidate) => candidate.step === step)
const steps = ({ effects }: Draft): string[] => effects.map(({ step }) => step).sort()

describe('the ledger entries', () => {
  it('of an approval are the move, then intent and receipt of each effect, `account.opened` before `ready`, then ready', () => {
    const approved = observe(unknown(), 'APPROVED')
    const accountKey = { step: 'account', key: `gatehouse-account-${IDENTITY}` }
    const openedKey = { step: 'notice:account_opened:1', key: `notice_account_opened_1_${IDENTITY}` }
    const notificationKey = { step: 'notice:ready:1', key: `notice_ready_1_${IDENTITY}` }
    expect(approved.entries).toEqual([
      { kind: 'state.moved', data: { from: 'pending', to: 'approved', status: 'APPROVED' } },
      { kind: 'effect.intended', data: accountKey },
    ])
    const opened = applyReceipt(attempt(approved, 'account'), 'account', ACCOUNT)
    expect(opened.entries.slice(2)).toEqual([
      { kind: 'effect.done', data: { ...accountKey, accountId: ACCOUNT.accountId, profileId: ACCOUNT.profileId, how: 'created' } },
      { kind: 'effect.intended', data: openedKey },
      { kind: 'effect.intended', data: notificationKey },
    ])
    const told = applyReceipt(attempt(opened, 'notice:account_opened:1'), 'notice:account_opened:1', SENT)
    const end = applyReceipt(attempt(told, 'notice:ready:1'), 'notice:ready:1', SENT)
    expect(end.entries.slice(5)).toEqual([
      { kind: 'effect.done', data: { ...openedKey, channel: 'webhook', status: 204 } },
      { kind: 'effect.done', data: { ...notificationKey, channel: 'webhook', status: 204 } },
      { kind: 'state.moved', data: { from: 'approved', to: 'ready', status: 'APPROVED' } },
    ])
    expect(end.onboarding).toMatchObject({ state: 'ready', accountId: ACCOUNT.accountId, profileId: ACCOUNT.profileId })
  })

  it('of a request name the documents, which stay on the onboarding after Paxos decides', () => {
    const asked = observe(unknown(), 'PENDING', { documents: ['PROOF_OF_FUNDS', 'CURP'] })
    expect(asked.entries).toEqual([
      { kind: 'documents.required', data: { from: 'pending', documents: ['CURP', 'PROOF_OF_FUNDS'] } },
      {
        kind: 'effect.intended',
        data: { step: 'notice:documents_required:1', key: `notice_documents_required_1_${IDENTITY}` },
      },
    ])
    expect(asked.onboarding).toMatchObject({ state: 'documents_required', requiredDocuments: ['CURP', 'PROOF_OF_FUNDS'] })
    expect(observe(asked, 'APPROVED').onboarding.requiredDocuments).toEqual(['CURP', 'PROOF_OF_FUNDS'])
  })

  it('of a hold and its release say the state before, the reason and the state after', () => {
    const held = observe(ready(), 'DENIED')
    expect(held.entries).toEqual([{ kind: 'state.held', data: { from: 'ready', reason: 'denied-after-approved', status: 'DENIED' } }])
    expect(held.onboarding).toMatchObject({
      state: 'held',
      heldFrom: 'ready',
      heldReason: 'denied-after-approved',
      identityStatus: 'DENIED',
    })
    const released = observe(held, 'DENIED', { operator: true })
    expect(released.entries).toEqual([
      { kind: 'hold.released', data: { reason: 'denied-after-approved', to: 'denied' } },
      { kind: 'state.moved', data: { from: 'held', to: 'denied', status: 'DENIED' } },
      { kind: 'effect.intended', data: { step: 'notice:denied:1', key: `notice_denied_1_${IDENTITY}` } },
    ])
    expect(released.onboarding).toMatchObject({ state: 'denied', heldFrom: null, heldReason: null })
  })

  it('of a second hold name the state before the first', () => {
    expect(hold(observe(ready(), 'DENIED'), 'account-mismatch').onboarding).toMatchObject({
      heldFrom: 'ready',
      heldReason: 'account-mismatch',
    })
  })

  it('of a superseded notification say whether it may have been sent', () => {
    const untried = observe(observe(unknown(), 'DENIED'), 'APPROVED')
    const inFlight = observe(attempt(observe(unknown(), 'DENIED'), 'notice:denied:1'), 'APPROVED')
    const data = { step: 'notice:denied:1', key: `notice_denied_1_${IDENTITY}` }
    expect(untried.entries.at(-1)).toEqual({ kind: 'effect.suppressed', data: { ...data, mayHaveBeenSent: false } })
    expect(inFlight.entries.at(-1)).toEqual({ kind: 'effect.suppressed', data: { ...data, mayHaveBeenSent: true } })
    expect(effect(inFlight, 'notice:denied:1')).toMatchObject({ state: 'suppressed', lease: { seq: '1' } })
  })

  it('of an observation without a change are none', () => {
    for (const status of ['APPROVED', 'PENDING']) {
      const before = ready()
      expect(observe(before, status)).toEqual({ ...before, entries: [] })
    }
  })
})

describe('when a receiver refuses an effect for good', () => {
  const refused = recordRefusal(attempt(observe(unknown(), 'APPROVED'), 'account'), 'account', 'PAXOS_REJECTED')

  it('the refusal is recorded with its code, and the effect is not attempted again', () => {
    expect(effect(refused, 'account')).toMatchObject({
      state: 'refused',
      errorCode: 'PAXOS_REJECTED',
      attempts: 1,
      lease: null,
    })
    expect(refused.entries.at(-1)).toEqual({
      kind: 'effect.refused',
      data: { step: 'account', key: `gatehouse-account-${IDENTITY}`, code: 'PAXOS_REJECTED' },
    })
    expect(claimNext(refused, JOB)).toEqual({ kind: 'refused', effect: effect(refused, 'account') })
  })

  it('it is tried again under the same key once an operator requests it', () => {
    const again = reopenRefused(refused)
    expect(effect(again, 'account')).toEqual({ ...effect(refused, 'account'), state: 'intended', errorCode: null })
    expect(claimNext(again, JOB)).toMatchObject({ kind: 'attempt', effect: { key: `gatehouse-account-${IDENTITY}`, attempts: 1 } })
  })

  it('it is tried again under the same key once a hold is released', () => {
    const held = observe(refused, 'DENIED')
    expect(effect(held, 'account')?.state).toBe('refused')
    const released = observe(held, 'APPROVED', { operator: true })
    expect(steps(released)).toEqual(['account'])
    expect(effect(released, 'account')).toEqual({ ...effect(refused, 'account'), state: 'intended', errorCode: null })
    expect(released.entries.at(-1)).toEqual({
      kind: 'effect.intended',
      data: { step: 'account', key: `gatehouse-account-${IDENTITY}` },
    })
  })

  it('only refused effects are reopened', () => {
    const before = observe(ready(), 'DISABLED')
    expect(reopenRefused(before)).toEqual(before)
  })

  it('only the reopened effect is recorded', () => {
    const opened = withAccount(observe(unknown(), 'APPROVED'))
    const told = recordRefusal(attempt(opened, 'notice:ready:1'), 'notice:ready:1', 'NOTICE_REJECTED')
    expect(effect(told, 'notice:ready:1')?.state).toBe('refused')
    expect(effect(told, 'account')).toEqual(effect(opened, 'account'))
    expect(told.onboarding).toMatchObject({ state: 'approved', accountId: ACCOUNT.accountId })
  })

  it('a receipt that came meanwhile is kept, and an unknown step changes nothing', () => {
    const done = ready()
    expect(recordRefusal(done, 'account', 'PAXOS_REJECTED')).toBe(done)
    expect(recordRefusal(done, 'notice:denied:1', 'NOTICE_REJECTED')).toBe(done)
  })

  it('its notification is suppressed like a pending one when the identity moves on', () => {
    const tried = recordRefusal(attempt(observe(unknown(), 'DENIED'), 'notice:denied:1'), 'notice:denied:1', 'NOTICE_REJECTED')
    expect(effect(observe(tried, 'APPROVED'), 'notice:denied:1')?.state).toBe('suppressed')
  })
})

describe('when an account is looked up after its state was left, and does not exist', () => {
  const documents = succeed(observe(unknown(), 'PENDING', { documents: ['CURP'] }), 'notice:documents_required:1', SENT)
  const left = observe(attempt(observe(documents, 'APPROVED'), 'account'), 'DISABLED')

  it('the account is suppressed, and no other effect is', () => {
    const absent = recordAbsence(left, 'account')
    expect(effect(absent, 'account')).toMatchObject({ state: 'suppressed', lease: null })
    for (const step of ['notice:documents_required:1', 'notice:disabled:1']) expect(effect(absent, step)).toEqual(effect(left, step))
    expect(absent.entries.at(-1)).toEqual({
      kind: 'effect.suppressed',
      data: { step: 'account', key: `gatehouse-account-${IDENTITY}`, mayHaveBeenSent: false },
    })
  })

  it('a receipt or refusal that came first stays, and without an intent nothing changes', () => {
    const done = applyReceipt(left, 'account', ACCOUNT)
    expect(recordAbsence(done, 'account')).toBe(done)
    expect(recordAbsence(unknown(), 'account')).toEqual(unknown())
  })
})

describe('when an operator releases a hold', () => {
  it('no second account is requested while the first is in progress', () => {
    const held = observe(attempt(observe(unknown(), 'APPROVED'), 'account'), 'DENIED')
    const released = observe(held, 'APPROVED', { operator: true })
    expect(effect(released, 'account')).toEqual(effect(held, 'account'))
    expect(released.entries.map(({ kind }) => kind)).toEqual(['hold.released', 'state.moved'])
  })

  it('the onboarding waits again when Paxos has not decided', () => {
    const released = observe(hold(unknown(), 'status-not-settled'), 'PENDING', { operator: true })
    expect(released.onboarding).toMatchObject({ state: 'pending', heldFrom: null })
    expect(released.effects).toEqual([])
  })

  it.each([
    ['denied', denied, 'DENIED'],
    ['ready', ready, 'APPROVED'],
    [
      'documents_required',
      () => succeed(observe(unknown(), 'PENDING', { documents: ['CURP'] }), 'notice:documents_required:1', SENT),
      'PENDING',
    ],
  ] as const)('a user who was told of %s gets no second notification', (state, before, status) => {
    const options = status === 'PENDING' ? { operator: true, documents: ['CURP'] } : { operator: true }
    const released = observe(hold(before(), 'account-mismatch'), status, options)
    expect(released.onboarding.state).toBe(state)
    expect(steps(released)).toEqual(steps(before()))
  })

  it('notifies of a denial again when it notified of an approval in between', () => {
    const approved = observe(observe(denied(), 'APPROVED'), 'APPROVED', { operator: true })
    const told = succeed(withAccount(approved), 'notice:ready:1', SENT)
    const again = observe(observe(told, 'DENIED'), 'DENIED', { operator: true })
    expect(effect(again, 'notice:denied:2')).toMatchObject({ state: 'intended', key: `notice_denied_2_${IDENTITY}` })
    // Held again before it was sent: the last notification counts, not the first.
    expect(effect(observe(hold(again, 'account-mismatch'), 'DENIED', { operator: true }), 'notice:denied:3')?.state).toBe('intended')
  })
})

describe('when Paxos re-enables a disabled identity', () => {
  const disabled = (): Draft => succeed(observe(ready(), 'DISABLED'), 'notice:disabled:1', SENT)

  it('F39: it becomes ready with the existing account once the application has accepted `reactivated`', () => {
    const approved = observe(disabled(), 'APPROVED')
    expect(approved.entries).toEqual([
      { kind: 'state.moved', data: { from: 'disabled', to: 'approved', status: 'APPROVED' } },
      { kind: 'effect.intended', data: { step: 'notice:reactivated:1', key: `notice_reactivated_1_${IDENTITY}` } },
    ])
    const again = succeed(approved, 'notice:reactivated:1', SENT)
    expect(again.onboarding).toMatchObject({ state: 'ready', accountId: ACCOUNT.accountId, profileId: ACCOUNT.profileId })
    expect(steps(again)).toEqual(['account', 'notice:account_opened:1', 'notice:disabled:1', 'notice:reactivated:1', 'notice:ready:1'])
  })

  it('F39: each reactivation has its own key', () => {
    const once = succeed(observe(disabled(), 'APPROVED'), 'notice:reactivated:1', SENT)
    const twice = observe(succeed(observe(once, 'DISABLED'), 'notice:disabled:2', SENT), 'APPROVED')
    expect(effect(twice, 'notice:reactivated:2')).toMatchObject({ state: 'intended', key: `notice_reactivated_2_${IDENTITY}` })
  })

  it('F39: it gets its first account and `ready` when it had none before', () => {
    const approved = observe(succeed(observe(unknown(), 'DISABLED'), 'notice:disabled:1', SENT), 'APPROVED')
    const end = succeed(withAccount(approved), 'notice:ready:1', SENT)
    expect(end.onboarding.state).toBe('ready')
    expect(steps(end)).not.toContain('notice:reactivated:1')
  })

  it('F39: `ready` is sent again when the application may not have received it before', () => {
    const opened = attempt(withAccount(observe(unknown(), 'APPROVED')), 'notice:ready:1')
    const approved = observe(observe(opened, 'DISABLED'), 'APPROVED')
    expect(effect(approved, 'notice:ready:2')?.state).toBe('intended')
    const late = applyReceipt(approved, 'notice:ready:1', SENT)
    expect(late.onboarding.state).toBe('approved')
    expect(succeed(late, 'notice:ready:2', SENT).onboarding.state).toBe('ready')
  })

  it('F39: no second notification follows when the hold of a reactivated customer is released', () => {
    const again = succeed(observe(disabled(), 'APPROVED'), 'notice:reactivated:1', SENT)
    const released = observe(hold(again, 'account-mismatch'), 'APPROVED', { operator: true })
    expect(released.onboarding.state).toBe('ready')
    expect(steps(released)).toEqual(steps(again))
  })

  it('F39: it is reactivated from a hold of an older version once an operator releases it', () => {
    const released = observe(hold(disabled(), 'approved-after-disabled'), 'APPROVED', { operator: true })
    expect(released.entries[0]).toEqual({ kind: 'hold.released', data: { reason: 'approved-after-disabled', to: 'approved' } })
    expect(succeed(released, 'notice:reactivated:1', SENT).onboarding).toMatchObject({ state: 'ready', heldReason: null })
  })
})

describe('account.opened', () => {
  const opened = (): Draft => succeed(observe(unknown(), 'APPROVED'), 'account', ACCOUNT)

  it('notifies of the account before the approval, and once: a reactivation sends no second notification', () => {
    expect(claimNext(opened(), JOB)).toMatchObject({ kind: 'attempt', effect: { step: 'notice:account_opened:1' } })
    const disabled = succeed(observe(ready(), 'DISABLED'), 'notice:disabled:1', SENT)
    const again = succeed(observe(disabled, 'APPROVED'), 'notice:reactivated:1', SENT)
    expect(again.onboarding.state).toBe('ready')
    expect(steps(again).filter((step) => step.includes('account_opened'))).toEqual(['notice:account_opened:1'])
  })

  it('keeps its one key when the approval was withdrawn before the application accepted it', () => {
    const disabled = succeed(observe(attempt(opened(), 'notice:account_opened:1'), 'DISABLED'), 'notice:disabled:1', SENT)
    expect(effect(disabled, 'notice:account_opened:1')?.state).toBe('suppressed')
    const approved = observe(disabled, 'APPROVED')
    expect(claimNext(approved, JOB)).toMatchObject({
      kind: 'attempt',
      effect: { step: 'notice:account_opened:1', key: `notice_account_opened_1_${IDENTITY}`, attempts: 1 },
    })
    // Another job waits for the attempt that may still be in progress.
    expect(claimNext(approved, { ...JOB, by: '2' })).toMatchObject({ kind: 'waiting', until: 1_500 })
    const told = succeed(approved, 'notice:account_opened:1', SENT)
    expect(succeed(told, 'notice:ready:2', SENT).onboarding.state).toBe('ready')
  })

  it('is not told to an application that has learned of the account from `ready` of an older version', () => {
    const older = { ...ready(), effects: ready().effects.filter(({ name }) => name !== 'account_opened') }
    const disabled = succeed(observe(older, 'DISABLED'), 'notice:disabled:1', SENT)
    expect(steps(observe(disabled, 'APPROVED'))).not.toContain('notice:account_opened:1')
  })
})

describe('when Paxos freezes an identity', () => {
  const frozen = (): Draft => succeed(observe(ready(), 'ERROR'), 'notice:frozen:1', SENT)

  it('F40: leaves ready and tells the application, under a key of its own', () => {
    const told = observe(ready(), 'ERROR')
    expect(told.entries).toEqual([
      { kind: 'state.moved', data: { from: 'ready', to: 'frozen', status: 'ERROR' } },
      { kind: 'effect.intended', data: { step: 'notice:frozen:1', key: `notice_frozen_1_${IDENTITY}` } },
    ])
    expect(told.onboarding).toMatchObject({ state: 'frozen', heldReason: null })
    expect(claimNext(told, JOB)).toMatchObject({ kind: 'attempt', effect: { step: 'notice:frozen:1' } })
  })

  it('F40: becomes ready with the existing account once Paxos thaws it and the application has accepted `reactivated`', () => {
    const again = succeed(observe(frozen(), 'APPROVED'), 'notice:reactivated:1', SENT)
    expect(again.onboarding).toMatchObject({ state: 'ready', accountId: ACCOUNT.accountId })
    expect(steps(again)).toEqual(['account', 'notice:account_opened:1', 'notice:frozen:1', 'notice:reactivated:1', 'notice:ready:1'])
  })

  it('F40: opens the first account and sends `ready` when it was frozen before it had one', () => {
    const approved = observe(succeed(observe(unknown(), 'ERROR'), 'notice:frozen:1', SENT), 'APPROVED')
    expect(
      succeed(succeed(succeed(approved, 'account', ACCOUNT), 'notice:account_opened:1', SENT), 'notice:ready:1', SENT).onboarding.state,
    ).toBe('ready')
  })

  it('F40: is frozen when an operator releases a hold while Paxos says ERROR', () => {
    const released = observe(hold(ready(), 'identity-frozen'), 'ERROR', { operator: true })
    expect(released.onboarding).toMatchObject({ state: 'frozen', heldReason: null })
    expect(effect(released, 'notice:frozen:1')?.state).toBe('intended')
  })
})

describe('A38: the notification of a KYC refresh', () => {
  const due = (code: string) => ({
    requirements: [{ type: 'KYC_REFRESH', status: 'PENDING', codes: [code], awaiting: 'CLIENT' }],
    controls: [],
  })
  const STARTED = due('KYC_REFRESH_REQUIRED')
  const OVERDUE = due('KYC_REFRESH_OVERDUE')
  const ignored = { kind: 'ignore', because: 'already-ready' } as const
  const seen = (draft: Draft, details: typeof STARTED | null): Draft => applyDecision(draftOf(draft), ignored, 'APPROVED', details)

  it('A38: is one for each change, and none for what is known', () => {
    const started = seen(ready(), STARTED)
    expect(claimNext(started, JOB)).toMatchObject({ kind: 'attempt', effect: { step: 'notice:kyc_refresh_started:1' } })
    const told = succeed(started, 'notice:kyc_refresh_started:1', SENT)
    expect(seen(told, STARTED).effects).toEqual(told.effects)
    expect(claimNext(seen(told, OVERDUE), JOB)).toMatchObject({ effect: { step: 'notice:kyc_refresh_expired:1' } })
    expect(claimNext(seen(told, null), JOB)).toMatchObject({ effect: { step: 'notice:kyc_refresh_completed:1' } })
  })

  it('A38: supersedes one that was not sent, and changes no state', () => {
    const completed = seen(seen(ready(), STARTED), null)
    expect(effect(completed, 'notice:kyc_refresh_started:1')?.state).toBe('suppressed')
    expect(effect(completed, 'notice:kyc_refresh_completed:1')?.state).toBe('intended')
    expect(succeed(completed, 'notice:kyc_refresh_completed:1', SENT).onboarding.state).toBe('ready')
  })

  it('A38: is still sent when the customer is disabled meanwhile, after the notification of that', () => {
    const disabled = applyDecision(
      draftOf(seen(ready(), STARTED)),
      { kind: 'move', to: 'disabled', requiredDocuments: [] },
      'DISABLED',
      OVERDUE,
    )
    expect(effect(disabled, 'notice:kyc_refresh_started:1')?.state).toBe('suppressed')
    const told = succeed(disabled, 'notice:disabled:1', SENT)
    expect(succeed(told, 'notice:kyc_refresh_expired:1', SENT).onboarding.state).toBe('disabled')
  })

  it('A38: is not sent of a customer without an account, nor of one who is held', () => {
    expect(seen(unknown(), STARTED).effects).toEqual([])
    expect(seen(hold(ready(), 'account-mismatch'), STARTED).effects.map(({ name }) => name)).not.toContain('kyc_refresh_started')
  })
})

describe('when Paxos says something new that changes no state', () => {
  const TAX = { type: 'TAX_DETAILS_VERIFICATION', status: 'PENDING', codes: ['TIN_NOT_FOUND'], awaiting: 'CLIENT' }
  const details = { requirements: [TAX], controls: [] }
  const ignored = { kind: 'ignore', because: 'already-ready' } as const

  it('A36: an unknown status is recorded, and causes no effect', () => {
    const before = ready()
    const noted = observe(before, 'UNDER_REVIEW')
    expect(noted.entries).toEqual([{ kind: 'status.noted', data: { status: 'UNDER_REVIEW', requirements: [], controls: [] } }])
    expect(noted.onboarding).toMatchObject({ state: 'ready', identityStatus: 'UNDER_REVIEW' })
    expect(noted.effects).toEqual(before.effects)
  })

  it("A37: the codes of Paxos's reasons are recorded once", () => {
    const noted = applyDecision(draftOf(ready()), ignored, 'APPROVED', details)
    expect(noted.entries).toEqual([
      {
        kind: 'status.noted',
        data: { status: 'APPROVED', requirements: ['TAX_DETAILS_VERIFICATION PENDING CLIENT TIN_NOT_FOUND'], controls: [] },
      },
    ])
    expect(noted.onboarding.statusDetails).toEqual(details)
    expect(applyDecision(draftOf(noted), ignored, 'APPROVED', details).entries).toEqual([])
    expect(applyDecision(draftOf(noted), ignored, 'APPROVED').onboarding.statusDetails).toEqual(details)
    expect(applyDecision(draftOf(noted), ignored, 'APPROVED', null).entries).toHaveLength(1)
  })
})

describe('when a receipt comes late', () => {
  it('a disabled identity does not become ready', () => {
    const opened = attempt(withAccount(observe(unknown(), 'APPROVED')), 'notice:ready:1')
    const late = applyReceipt(observe(opened, 'DISABLED'), 'notice:ready:1', SENT)
    expect(late.onboarding.state).toBe('disabled')
    expect(effect(late, 'notice:ready:1')).toMatchObject({ state: 'done', receipt: SENT })
  })

  it('an approved identity does not become ready by the receipt of a document request', () => {
    const asked = attempt(observe(unknown(), 'PENDING', { documents: ['CURP'] }), 'notice:documents_required:1')
    expect(applyReceipt(observe(asked, 'APPROVED'), 'notice:documents_required:1', SENT).onboarding.state).toBe('approved')
  })

  it('a second receipt of a notification changes nothing', () => {
    const before = ready()
    expect(applyReceipt(before, 'notice:ready:1', { kind: 'notice', channel: 'webhook', status: 200 })).toBe(before)
  })

  it('the onboarding is held when the receipt names another profile or has another kind', () => {
    for (const receipt of [{ ...ACCOUNT, profileId: '00000000-0000-4000-8000-000000000000' }, SENT])
      expect(applyReceipt(ready(), 'account', receipt).onboarding).toMatchObject({ state: 'held', heldReason: 'account-mismatch' })
    expect(applyReceipt(ready(), 'notice:ready:1', ACCOUNT).onboarding.state).toBe('held')
  })

  it('it throws when nothing of its kind was intended', () => {
    expect(() => applyReceipt(unknown(), 'account', ACCOUNT)).toThrow('has no effect account')
  })
})

describe('the next attempt', () => {
  const approved = observe(unknown(), 'APPROVED')

  it('is none when nothing is intended or an operator must act', () => {
    expect(claimNext(unknown(), JOB)).toEqual({ kind: 'complete' })
    expect(claimNext(hold(approved, 'identity-frozen'), JOB)).toEqual({ kind: 'complete' })
    expect(claimNext(ready(), JOB)).toEqual({ kind: 'complete' })
  })

  it('is the notification of the current state, never an effect of a state that was left', () => {
    expect(claimNext(observe(approved, 'DISABLED'), JOB)).toMatchObject({ kind: 'attempt', effect: { step: 'notice:disabled:1' } })
    const documents = observe(unknown(), 'PENDING', { documents: ['CURP'] })
    expect(claimNext(documents, JOB)).toMatchObject({ kind: 'attempt', effect: { step: 'notice:documents_required:1' } })
    for (const state of ['denied', 'disabled', 'documents_required', 'pending', 'ready', 'held'] satisfies OnboardingState[])
      expect(claimNext({ ...approved, onboarding: { ...approved.onboarding, state } }, JOB)).toEqual({ kind: 'complete' })
    for (const left of [documents, attempt(documents, 'notice:documents_required:1')])
      expect(claimNext({ ...left, onboarding: { ...left.onboarding, state: 'approved' } }, JOB)).toEqual({ kind: 'complete' })
  })

  it('is recorded as an attempt of this job before it is made', () => {
    const claimed = attempt(approved, 'account')
    expect(effect(claimed, 'account')).toMatchObject({ attempts: 1, lease: { seq: '1', generation: 0, until: 1_500 }, errorCode: null })
    expect(claimed.entries).toEqual(approved.entries)
  })
})
