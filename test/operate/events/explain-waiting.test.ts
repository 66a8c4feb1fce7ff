import { describe, expect, it } from 'vitest'
import type { EventRecord } from '../../../src/inbox/read-events.ts'
import type { EffectRecord, OnboardingRecord } from '../../../src/ledger/onboarding-record.ts'
import { explainEvent, explainWaiting } from '../../../src/operate/events/explain-waiting.ts'
import { sayWaiting } from '../../../src/operate/events/waiting.ts'

const now = new Date('2026-03-01T12:00:00Z')
const at = (seconds: number): Date => new Date(now.getTime() + seconds * 1_000)

const onboarding = (change: Partial<OnboardingRecord>): OnboardingRecord => ({
  ...{ identityId: 'i', refId: 'r', origin: 'created', state: 'pending', heldFrom: null, heldReason: null, identityStatus: null },
  statusDetails: null,
  kycRefresh: null,
  ...{ requiredDocuments: [], accountId: null, profileId: null, entryCount: 1, createdAt: at(-90), updatedAt: at(-30) },
  ...{ approvedAt: null, readyAt: null, effects: [] },
  ...change,
})
const event = (change: Partial<EventRecord>): EventRecord => ({
  ...{ eventId: 'e', type: 'identity.approved', state: 'accepted', identityId: 'i', occurredAt: at(-60), receivedAt: at(-60) },
  ...{ deliveryCount: 1, isTest: false, origin: 'webhook', trust: 'hint', outcome: null, attempts: 0, strikes: 0, generation: 0 },
  ...{ dueAt: at(15), errorCode: null, errorDetail: null, completedAt: null, bodySha256: null, keySlot: null, streamId: null },
  ...change,
})
const effect = (change: Partial<EffectRecord>): EffectRecord => ({
  ...{
    step: 'account',
    kind: 'create-account',
    name: null,
    number: 1,
    key: 'k',
    state: 'intended',
    attempts: 0,
    receipt: null,
    errorCode: null,
  },
  ...{ leaseUntil: null, intendedAt: at(-20), completedAt: null },
  ...change,
})

describe('an onboarding that does not move', () => {
  const failing = event({ attempts: 3, errorCode: 'PAXOS_UNAVAILABLE', errorDetail: 'no answer', dueAt: at(30) })
  const parked = event({ state: 'parked', errorCode: 'EFFECT_REFUSED', errorDetail: 'account was refused' })
  it.each<[string, Partial<OnboardingRecord>, EventRecord[], RegExp | null]>([
    ['pending', {}, [], /^Waiting for Paxos's decision. Created 2026-03-01 11:58:30 UTC \(1 min ago\)/],
    [
      'documents',
      { state: 'documents_required', requiredDocuments: ['A', 'B'] },
      [],
      /^Waiting for documents from the customer \(A, B\) for 30 s/,
    ],
    [
      'pending, with a requirement of Paxos',
      {
        statusDetails: {
          requirements: [{ type: 'TAX_DETAILS_VERIFICATION', status: 'PENDING', codes: ['TIN_NOT_FOUND'], awaiting: 'CLIENT' }],
          controls: [],
        },
      },
      [],
      /^Waiting for Paxos's decision\. Created .* The tax number was not found\. Your side must act: correct tax_details\./,
    ],
    ['frozen', { state: 'frozen', identityStatus: 'ERROR' }, [], /^Frozen by Paxos for compliance \(ERROR\) for 30 s: .* Ask Paxos\.$/],
    [
      'a status that is new',
      { state: 'ready', identityStatus: 'UNDER_REVIEW' },
      [],
      /^Paxos reports the status UNDER_REVIEW, which Gatehouse does not know\. It is noted, and nothing acts on it\. Ask Paxos\.$/,
    ],
    [
      'held',
      { state: 'held', heldReason: 'identity-frozen' },
      [failing],
      /^Held: Paxos says ERROR \(frozen\) after it denied the identity\. An operator must decide/,
    ],
    [
      'retried',
      { state: 'approved', effects: [effect({ attempts: 1 })] },
      [failing],
      /^Event identity\.approved e: Paxos does not answer\. .* Last error PAXOS_UNAVAILABLE: no answer; 3 of 12 attempts spent\. Next attempt by 2026-03-01 12:00:30 UTC \(in 30 s\)\.$/,
    ],
    [
      'parked',
      { state: 'approved', effects: [effect({})] },
      [parked],
      /^Event identity\.approved e: Parked: EFFECT_REFUSED: account was refused\. Fix the cause, then plan a replay\.$/,
    ],
    [
      'refused',
      { state: 'approved', effects: [effect({ state: 'refused', errorCode: 'PAXOS_REJECTED' })] },
      [parked],
      /^Account with profile was refused \(PAXOS_REJECTED\)/,
    ],
    [
      'attempt in progress',
      { state: 'approved', effects: [effect({ attempts: 2, leaseUntil: at(40) })] },
      [],
      /^Account with profile: attempt 2 is running, until 2026-03-01 12:00:40 UTC at most/,
    ],
    [
      'forgotten',
      {
        state: 'denied',
        effects: [effect({ step: 'notice:denied:1', kind: 'send-notification', name: 'denied', attempts: 2, leaseUntil: at(-1) })],
      },
      [],
      /^Notification "denied" was requested at .* attempted 2 times, outcome unknown\. No event is processing it\. Fix the cause, then plan a replay\.$/,
    ],
    ['approved without an event in progress', { state: 'approved' }, [], /^Approved, but no event is processing it\. /],
    ['ready', { state: 'ready', effects: [effect({ state: 'done' })] }, [], null],
    ['ready, with another event parked', { state: 'ready' }, [parked], null],
    [
      'ready, with a replay in progress',
      { state: 'ready' },
      [event({})],
      /Waiting for a worker. Received 2026-03-01 11:59:00 UTC \(1 min ago\)/,
    ],
    [
      'denied, with its notification sent',
      { state: 'denied', effects: [effect({ state: 'done' }), effect({ state: 'suppressed' })] },
      [],
      null,
    ],
  ])('is explained: %s', (_name, change, events, expected) => {
    const waiting = explainWaiting(onboarding(change), events, { now })
    if (expected === null) expect(waiting).toBeNull()
    else expect(waiting && sayWaiting(waiting, now)).toMatch(expected)
  })
})

describe('an unfinished event', () => {
  it.each<[string, Partial<EventRecord>, RegExp | null]>([
    ['fresh', {}, /^Waiting for a worker. Received 2026-03-01 11:59:00 UTC/],
    ['overdue', { dueAt: at(-120) }, /^Overdue: it was due 2 min ago and no worker has taken it\. Check that a worker runs/],
    [
      'failed without a spent attempt',
      { errorCode: 'PAXOS_UNAVAILABLE' },
      /Last error PAXOS_UNAVAILABLE; no attempt spent\. Next attempt by/,
    ],
    [
      'breaker open',
      { errorCode: 'PAXOS_CIRCUIT_OPEN' },
      /^Paxos keeps failing, so Gatehouse probes it at most once per minute .* Last error PAXOS_CIRCUIT_OPEN; no attempt spent\./,
    ],
    ['budget used up', { errorCode: 'BUDGET_EXHAUSTED' }, /rate limits is used up\. Gatehouse continues by itself when capacity returns/],
    ['throttled', { errorCode: 'PAXOS_THROTTLED' }, /\(429\)\. Gatehouse continues by itself; the home page shows when/],
    [
      'reads forbidden',
      { errorCode: 'PAXOS_FORBIDDEN' },
      /Enable the API user at Paxos, or grant the client's scopes\. Gatehouse then continues by itself\.$/,
    ],
    ['parked for a forbidden write', { state: 'parked', errorCode: 'PAXOS_FORBIDDEN' }, /^Parked: PAXOS_FORBIDDEN\. Fix the cause/],
    ['dead', { state: 'dead', attempts: 12, errorCode: 'NOTICE_REFUSED' }, /^Dead, all attempts used: NOTICE_REFUSED\./],
    ['processed', { state: 'processed' }, null],
    ['test event', { state: 'test' }, null],
  ])('is explained: %s', (_name, change, expected) => {
    const waiting = explainEvent(event(change), now)
    if (expected === null) expect(waiting).toBeNull()
    else expect(waiting && sayWaiting(waiting, now)).toMatch(expected)
  })
})

describe('the explanation for programs', () => {
  it.each<[string, Partial<OnboardingRecord>, EventRecord[], string]>([
    ['a hold', { state: 'held', heldReason: 'identity-frozen' }, [], 'release-hold'],
    ['a refused effect', { state: 'approved', effects: [effect({ state: 'refused' })] }, [], 'plan-replay'],
    ['an application that refuses', { state: 'approved' }, [event({ errorCode: 'NOTICE_REFUSED' })], 'check-application'],
    ['an outage', { state: 'approved' }, [event({ errorCode: 'PAXOS_UNAVAILABLE' })], 'none'],
    ['an event that no worker takes', { state: 'approved' }, [event({ dueAt: at(-120) })], 'check-workers'],
  ])('names the next action: %s', (_name, change, events, nextAction) => {
    expect(explainWaiting(onboarding(change), events, { now })).toMatchObject({ nextAction })
  })

  it('gives the time of the next try', () => {
    expect(explainEvent(event({ errorCode: 'PAXOS_UNAVAILABLE', dueAt: at(30) }), now)?.at).toEqual(at(30))
  })
})

describe('F6: a customer without any event', () => {
  it("waits for Paxos's decision only while no event from Paxos is unread", () => {
    const because = 'Paxos does not answer (503).'
    const unread = (events: number): string | undefined => explainWaiting(onboarding({}), [], { now, unread: { events, because } })?.reason
    expect(unread(0)).toMatch(/^Waiting for Paxos's decision/)
    expect(unread(1)).toBe("No decision is known: 1 event from Paxos is unread and may be this customer's. Paxos does not answer (503).")
    expect(unread(15)).toMatch(/^No decision is known: 15 events from Paxos are unread, and one may be this customer's\./)
  })
})
