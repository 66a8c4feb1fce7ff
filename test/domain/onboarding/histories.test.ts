import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Effect, type Receipt, recordAbsence } from '../../../src/domain/effect.ts'
import { accountRefId } from '../../../src/domain/onboarding/account-effect.ts'
import { applyDecision, type Draft, hold } from '../../../src/domain/onboarding/advance.ts'
import {
  isOnboardingEvent,
  newOnboarding,
  ONBOARDING_EVENTS,
  type OnboardingEvent,
  READ_IDENTITY,
} from '../../../src/domain/onboarding/onboarding.ts'
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
const RUNS = Number(process.env.PROPERTY_RUNS ?? 20_000)

/** A world that records every attempt. */
interface World {
  draft: Draft
  accountCalls: number
  sent: string[]
}

const start = (): World => ({
  draft: draftOf({ onboarding: newOnboarding(IDENTITY, 'adopted', null), effects: [] }),
  accountCalls: 0,
  sent: [],
})

const answer = (effect: Effect): Receipt => (effect.kind === 'create-account' ? ACCOUNT : { kind: 'notice', channel: 'log', status: null })

/** One event through the pure core. `crashAfterClaim` stops between the attempt and its receipt. */
function deliver(
  world: World,
  event: OnboardingEvent | typeof READ_IDENTITY,
  status: string,
  { documents = [] as string[], crashAfterClaim = false } = {},
): void {
  const seen = { event, status, requiredDocuments: documents }
  world.draft = applyDecision(world.draft, transition(world.draft.onboarding, seen, 'machine'), status)
  for (let steps = 0; steps < 10; steps += 1) {
    const claim = claimNext(world.draft, { by: '1', now: 0, leaseMs: 1 })
    if (claim.kind !== 'attempt') return
    world.draft = claim.draft
    if (claim.effect.kind === 'create-account') world.accountCalls += 1
    else world.sent.push(claim.effect.key)
    if (crashAfterClaim) return
    world.draft = applyReceipt(world.draft, claim.effect.step, answer(claim.effect))
  }
}

const events = fc.constantFrom(...ONBOARDING_EVENTS)
const documents = fc.subarray(['CURP', 'PROOF_OF_FUNDS', 'PROOF_OF_RESIDENCY'])

describe('a history of events in any order, with repetitions', () => {
  it('ends in the same state as any other order when Paxos has decided', () => {
    const history = fc.array(events, { minLength: 1, maxLength: 8 })
    const decided = fc.constantFrom('APPROVED', 'DENIED', 'DISABLED', 'ERROR')
    fc.assert(
      fc.property(
        history.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        decided,
        ([one, other], status) => {
          const [left, right] = [start(), start()]
          for (const event of one) deliver(left, event, status)
          for (const event of [...other, ...one]) deliver(right, event, status)
          expect(right.draft.onboarding).toEqual(left.draft.onboarding)
          expect(right.sent.toSorted()).toEqual(left.sent.toSorted())
        },
      ),
      { numRuns: RUNS },
    )
  })

  it('requests the same documents in any order', () => {
    fc.assert(
      fc.property(fc.array(documents, { minLength: 1, maxLength: 5 }), (requests) => {
        const [left, right] = [start(), start()]
        for (const request of requests) deliver(left, 'identity.documents_required', 'PENDING', { documents: request })
        for (const request of requests.toReversed()) deliver(right, 'identity.documents_required', 'PENDING', { documents: request })
        expect(right.draft.onboarding.requiredDocuments).toEqual(left.draft.onboarding.requiredDocuments)
      }),
      { numRuns: RUNS },
    )
  })

  it('opens at most one account under one key, and uses each notification key once, for any decisions of Paxos', () => {
    const story = fc.array(fc.tuple(events, fc.constantFrom('PENDING', 'APPROVED', 'DENIED', 'DISABLED', 'ERROR'), documents), {
      maxLength: 12,
    })
    fc.assert(
      fc.property(story, (steps) => {
        const world = start()
        for (const [event, status, wanted] of steps) deliver(world, event, status, { documents: wanted })
        expect(world.accountCalls).toBeLessThanOrEqual(1)
        expect(new Set(world.sent).size).toBe(world.sent.length)
        const accounts = world.draft.effects.filter(({ kind }) => kind === 'create-account')
        expect(accounts.map(({ key }) => key)).toEqual(accounts.length === 0 ? [] : [accountRefId(IDENTITY)])
        if (world.draft.onboarding.state === 'ready') expect(world.draft.onboarding.profileId).toBe(ACCOUNT.profileId)
      }),
      { numRuns: RUNS },
    )
  })

  it('is attempted again under the same key after a crash, never under a second one', () => {
    const story = fc.array(fc.tuple(events, fc.constantFrom('APPROVED', 'DENIED', 'DISABLED'), fc.boolean()), {
      minLength: 1,
      maxLength: 10,
    })
    fc.assert(
      fc.property(story, (steps) => {
        const world = start()
        for (const [event, status, crashAfterClaim] of steps) deliver(world, event, status, { crashAfterClaim })
        const notices = world.draft.effects.filter(({ kind }) => kind === 'send-notification')
        expect(new Set(world.sent).size).toBeLessThanOrEqual(notices.length)
        for (const kind of ['account_opened', 'ready', 'denied'])
          expect(notices.filter(({ step }) => step.startsWith(`notice:${kind}:`)).length).toBeLessThanOrEqual(1)
      }),
      { numRuns: RUNS },
    )
  })
})

/** All permutations of the values. */
function* permutations<T>(values: readonly T[]): Generator<T[]> {
  if (values.length === 0) yield []
  for (const [index, first] of values.entries()) for (const rest of permutations(values.toSpliced(index, 1))) yield [first, ...rest]
}

/** The seven identity events in the order of their creation at Paxos, each with the status before it. */
const REENABLED = [
  ['identity.documents_required', 'PENDING'],
  ['identity.approved', 'APPROVED'],
  ['identity.kyc_refresh.started', 'APPROVED'],
  ['identity.kyc_refresh.expired', 'APPROVED'],
  ['identity.disabled', 'DISABLED'],
  ['identity.kyc_refresh.completed', 'DISABLED'],
  ['identity.approved', 'APPROVED'],
] as const
/** A customer who was approved, then frozen, then thawed. ERROR has no event: a poll sees it, perhaps late or not at all. */
const THAWED = [
  ['identity.documents_required', 'PENDING'],
  ['identity.approved', 'APPROVED'],
  ['identity.control.created', 'ERROR'],
  [READ_IDENTITY, 'ERROR'],
  ['identity.control.deleted', 'APPROVED'],
  ['identity.approved', 'APPROVED'],
  ['identity.kyc_refresh.started', 'APPROVED'],
] as const
const SEVEN = [
  'identity.approved',
  'identity.denied',
  'identity.disabled',
  'identity.documents_required',
  'identity.kyc_refresh.started',
  'identity.kyc_refresh.completed',
  'identity.kyc_refresh.expired',
]

describe('A34: all 5,040 orders of arrival of seven identity events', () => {
  it.each([
    ['APPROVED', 'ready'],
    ['DENIED', 'denied'],
    ['DISABLED', 'disabled'],
    ['ERROR', 'frozen'],
  ])("A34: end in Paxos's status %s: %s, with one notification of the decision", (status, state) => {
    const ends = new Set<string>()
    for (const order of permutations(SEVEN)) {
      const world = start()
      for (const event of order) if (isOnboardingEvent(event)) deliver(world, event, status)
      ends.add(`${world.draft.onboarding.state} ${world.sent.join()}`)
    }
    const opened = state === 'ready' ? [`notice_account_opened_1_${IDENTITY}`] : []
    expect([...ends]).toEqual([`${state} ${[...opened, `notice_${state}_1_${IDENTITY}`].join()}`])
  })

  it('A34, F39: end in ready with one account when Paxos disabled and re-enabled the identity meanwhile', () => {
    const ends = new Set<string>()
    for (const order of permutations([...REENABLED.entries()])) {
      const world = start()
      let happened = 0 // an event comes at its own time or later; the status is that of the latest event
      for (const [made, [event]] of order) {
        happened = Math.max(happened, made)
        if (isOnboardingEvent(event)) deliver(world, event, REENABLED[happened]?.[1] ?? '')
      }
      ends.add(`${world.draft.onboarding.state} ${world.accountCalls}`)
    }
    expect([...ends]).toEqual(['ready 1'])
  })
})

describe('A34: all 5,040 orders of arrival around a freeze', () => {
  it('A34, F40: end in ready with one account when Paxos froze and thawed the identity meanwhile', () => {
    const ends = new Set<string>()
    for (const order of permutations([...THAWED.entries()])) {
      const world = start()
      let happened = 0
      for (const [made, [event]] of order) {
        happened = Math.max(happened, made)
        deliver(world, event, THAWED[happened]?.[1] ?? '')
      }
      ends.add(`${world.draft.onboarding.state} ${world.accountCalls}`)
    }
    expect([...ends]).toEqual(['ready 1'])
  })
})

describe('an effect that one event has leased', () => {
  const approved = applyDecision(start().draft, { kind: 'move', to: 'approved', requiredDocuments: [] }, 'APPROVED')
  const first = claimNext(approved, { by: '1', now: 1_000, leaseMs: 500 })
  if (first.kind !== 'attempt') throw new Error('the account is not claimed')

  it('makes another event wait until the lease ends', () => {
    expect(claimNext(first.draft, { by: '2', now: 1_499, leaseMs: 500 })).toMatchObject({ kind: 'waiting', until: 1_500 })
    expect(claimNext(first.draft, { by: '2', now: 1_500, leaseMs: 500 }).kind).toBe('attempt')
  })
  it('is resumed at once by the same event, which counts the earlier attempt', () => {
    const again = claimNext(first.draft, { by: '1', now: 1_001, leaseMs: 500 })
    expect(again.kind === 'attempt' && again.effect.attempts).toBe(1)
  })
})

describe('an account that may exist, of an identity that is no longer approved', () => {
  const approved = applyDecision(start().draft, { kind: 'move', to: 'approved', requiredDocuments: [] }, 'APPROVED')
  const attempted = claimNext(approved, { by: '1', now: 0, leaseMs: 500 })
  if (attempted.kind !== 'attempt') throw new Error('the account is not claimed')
  const claim = (draft: Draft) => claimNext(draft, { by: '2', now: 1, leaseMs: 500 })
  const held = hold(attempted.draft, 'denied-after-approved')

  it('is looked up and never attempted, in every later state', () => {
    expect(claim(held)).toMatchObject({ kind: 'look-up', effect: { step: 'account', attempts: 1 } })
    const disabled = applyDecision(attempted.draft, { kind: 'move', to: 'disabled', requiredDocuments: [] }, 'DISABLED')
    const notice = claim(disabled)
    if (notice.kind !== 'attempt') throw new Error('the notice is not claimed')
    expect(notice.effect.step).toBe('notice:disabled:1') // the notification of the disablement goes first
    const notified = applyReceipt(notice.draft, 'notice:disabled:1', { kind: 'notice', channel: 'log', status: null })
    expect(claim(notified)).toMatchObject({ kind: 'look-up', effect: { step: 'account' } })
  })
  it('needs no look-up when it was never attempted', () => {
    expect(claim(hold(approved, 'denied-after-approved')).kind).toBe('complete')
  })
  it('is recorded on the onboarding when it is found', () => {
    const found = applyReceipt(held, 'account', { ...ACCOUNT, how: 'adopted' })
    expect(found.onboarding).toMatchObject({ state: 'held', heldReason: 'denied-after-approved', accountId: ACCOUNT.accountId })
    expect(claim(found).kind).toBe('complete')
  })
  it('is suppressed when it does not exist, and requested under the same key when an operator releases the hold', () => {
    const absent = recordAbsence(held, 'account')
    expect(absent.entries.at(-1)).toMatchObject({ kind: 'effect.suppressed', data: { step: 'account', mayHaveBeenSent: false } })
    expect(claim(absent).kind).toBe('complete')
    const released = applyDecision(absent, { kind: 'move', to: 'approved', requiredDocuments: [] }, 'APPROVED')
    expect(claim(released)).toMatchObject({ kind: 'attempt', effect: { key: accountRefId(IDENTITY), attempts: 1 } })
  })
})

describe('a late receipt', () => {
  const approved = applyDecision(start().draft, { kind: 'move', to: 'approved', requiredDocuments: [] }, 'APPROVED')
  const done = applyReceipt(approved, 'account', ACCOUNT)

  it('changes nothing when it repeats what is known', () => {
    expect(applyReceipt(done, 'account', { ...ACCOUNT, how: 'adopted' })).toBe(done)
  })
  it('holds the onboarding when it names another account', () => {
    const other = applyReceipt(done, 'account', { ...ACCOUNT, accountId: '00000000-0000-4000-8000-000000000000' })
    expect(other.onboarding).toMatchObject({ state: 'held', heldReason: 'account-mismatch', accountId: ACCOUNT.accountId })
  })
  it('is recorded even when the identity was disabled meanwhile, without a ready notification', () => {
    const disabled = applyDecision(approved, { kind: 'move', to: 'disabled', requiredDocuments: [] }, 'DISABLED')
    const late = applyReceipt(disabled, 'account', ACCOUNT)
    expect(late.onboarding).toMatchObject({ state: 'disabled', accountId: ACCOUNT.accountId })
    expect(late.effects.map(({ step }) => step)).not.toContain('notice:ready:1')
  })
})

describe('a superseded notification', () => {
  const approved = applyReceipt(
    applyDecision(start().draft, { kind: 'move', to: 'approved', requiredDocuments: [] }, 'APPROVED'),
    'account',
    ACCOUNT,
  )

  it('is suppressed and recorded when the identity is disabled before it was sent', () => {
    const disabled = applyDecision(approved, { kind: 'move', to: 'disabled', requiredDocuments: [] }, 'DISABLED')
    expect(disabled.effects.find(({ step }) => step === 'notice:ready:1')?.state).toBe('suppressed')
    expect(disabled.entries.at(-2)).toMatchObject({ kind: 'effect.suppressed', data: { step: 'notice:ready:1', mayHaveBeenSent: false } })
  })
  it('is sent under a new key when an operator releases the hold that suppressed it', () => {
    const held = hold(approved, 'identity-frozen')
    const released = applyDecision(
      held,
      transition(held.onboarding, { event: 'identity.approved', status: 'APPROVED', requiredDocuments: [] }, 'operator'),
      'APPROVED',
    )
    expect(released.effects.find(({ step }) => step === 'notice:ready:2')?.state).toBe('intended')
  })
  it('is not repeated when the hold is released to what the user was told already', () => {
    const notified = { kind: 'notice', channel: 'log', status: null }
    const ready = applyReceipt(applyReceipt(approved, 'notice:account_opened:1', notified), 'notice:ready:1', notified)
    const held = hold(ready, 'review-reopened')
    const released = applyDecision(
      held,
      transition(held.onboarding, { event: 'identity.approved', status: 'APPROVED', requiredDocuments: [] }, 'operator'),
      'APPROVED',
    )
    expect(released.onboarding.state).toBe('ready')
    expect(released.effects.filter(({ step }) => step.startsWith('notice:ready:'))).toHaveLength(1)
  })
})
