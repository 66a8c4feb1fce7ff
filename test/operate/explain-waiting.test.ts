import { describe, expect, it } from 'vitest'
import type { EventRecord } from '../../src/inbox/read-events.ts'
import type { EffectRecord, OnboardingRecord } from '../../src/ledger/read-onboardings.ts'
import { explainEvent, explainWaiting } from '../../src/operate/explain-waiting.ts'

const now = new Date('2026-03-01T12:00:00Z')
const at = (seconds: number): Date => new Date(now.getTime() + seconds * 1_000)

const onboarding = (change: Partial<OnboardingRecord>): OnboardingRecord => ({
  ...{ identityId: 'i', refId: 'r', origin: 'created', state: 'pending', heldFrom: null, heldReason: null, identityStatus: null },
  ...{ requiredDocuments: [], accountId: null, profileId: null, entryCount: 1, createdAt: at(-90), updatedAt: at(-30) },
  ...{ approvedAt: null, readyAt: null, effects: [] },
  ...change,
})
const event = (change: Partial<EventRecord>): EventRecord => ({
  ...{ eventId: 'e', type: 'identity.approved', state: 'accepted', identityId: 'i', occurredAt: at(-60), receivedAt: at(-60) },
  ...{ deliveryCount: 1, isTest: false, origin: 'webhook', trust: 'hint', outcome: null, attempts: 0, strikes: 0, generation: 0 },
  ...{ dueAt: at(15), errorCode: null, errorDetail: null, settledAt: null, bodySha256: null },
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
  ...{ leaseUntil: null, intendedAt: at(-20), settledAt: null },
  ...change,
})

describe("why an onboarding isn't moving", () => {
  const failing = event({ attempts: 3, errorCode: 'PAXOS_UNAVAILABLE', errorDetail: 'no answer', dueAt: at(30) })
  const parked = event({ state: 'parked', errorCode: 'EFFECT_REFUSED', errorDetail: 'account was refused' })
  it.each<[string, Partial<OnboardingRecord>, EventRecord[], RegExp | null]>([
    ['pending', {}, [], /^Waits for Paxos's decision since 2026-03-01 11:58:30 UTC \(1 min ago\)/],
    [
      'documents',
      { state: 'documents_required', requiredDocuments: ['A', 'B'] },
      [],
      /^Waits for documents from the customer \(A, B\) for 30 s/,
    ],
    [
      'held',
      { state: 'held', heldReason: 'identity-frozen' },
      [failing],
      /^Held: Paxos has frozen the identity \(ERROR\)\. A person must decide/,
    ],
    [
      'tried again',
      { state: 'approved', effects: [effect({ attempts: 1 })] },
      [failing],
      /^Event identity\.approved e: Next attempt by 2026-03-01 12:00:30 UTC \(in 30 s\); 3 of 12 attempts spent\. Last error PAXOS_UNAVAILABLE: no answer$/,
    ],
    [
      'parked',
      { state: 'approved', effects: [effect({})] },
      [parked],
      /^Event identity\.approved e: Parked \(EFFECT_REFUSED: account was refused\)/,
    ],
    [
      'refused',
      { state: 'approved', effects: [effect({ state: 'refused', errorCode: 'PAXOS_REJECTED' })] },
      [parked],
      /^The account with its profile was refused \(PAXOS_REJECTED\)/,
    ],
    [
      'in hand',
      { state: 'approved', effects: [effect({ attempts: 2, leaseUntil: at(40) })] },
      [],
      /^The account with its profile is in hand \(attempt 2\), until 2026-03-01 12:00:40 UTC at most/,
    ],
    [
      'forgotten',
      {
        state: 'denied',
        effects: [effect({ step: 'notice:denied:1', kind: 'send-notification', name: 'denied', attempts: 2, leaseUntil: at(-1) })],
      },
      [],
      /^The notice "denied" is wanted since .* attempted 2 times, outcome unknown, and no event is at work on it: plan a replay/,
    ],
    ['approved with nothing at work', { state: 'approved' }, [], /^Approved, and nothing is at work on it/],
    ['ready', { state: 'ready', effects: [effect({ state: 'done' })] }, [], null],
    ['ready, with another event parked', { state: 'ready' }, [parked], null],
    ['ready, with a replay under way', { state: 'ready' }, [event({})], /Waits for a worker since 2026-03-01 11:59:00 UTC \(1 min ago\)/],
    ['denied and told', { state: 'denied', effects: [effect({ state: 'done' }), effect({ state: 'suppressed' })] }, [], null],
  ])('%s', (_name, change, events, expected) => {
    const sentence = explainWaiting(onboarding(change), events, now)
    if (expected === null) expect(sentence).toBeNull()
    else expect(sentence).toMatch(expected)
  })
})

describe('why an event is not finished', () => {
  it.each<[string, Partial<EventRecord>, RegExp | null]>([
    ['fresh', {}, /^Waits for a worker since 2026-03-01 11:59:00 UTC/],
    ['overdue', { dueAt: at(-120) }, /^Was due 2 min ago and nobody has taken it\. Is a worker running/],
    ['failed without spending an attempt', { errorCode: 'PAXOS_UNAVAILABLE' }, /no attempt spent\. Last error PAXOS_UNAVAILABLE$/],
    ['left alone', { errorCode: 'PAXOS_CIRCUIT_OPEN' }, /no attempt spent\. Paxos keeps failing, .* Last error PAXOS_CIRCUIT_OPEN$/],
    ['over the budget', { errorCode: 'BUDGET_EXHAUSTED' }, /rate limits is used up: it goes on by itself when there is room/],
    ['throttled', { errorCode: 'PAXOS_THROTTLED' }, /\(429\): it goes on by itself; the home page says for how long/],
    ['forbidden to be read', { errorCode: 'PAXOS_FORBIDDEN' }, /enable it, or grant the client's scopes; it asks again by itself/],
    ['parked for a forbidden write', { state: 'parked', errorCode: 'PAXOS_FORBIDDEN' }, /^Parked \(PAXOS_FORBIDDEN\)\. A person must look/],
    ['dead', { state: 'dead', attempts: 12, errorCode: 'NOTICE_REFUSED' }, /^Dead, with all its tries used up \(NOTICE_REFUSED\)/],
    ['processed', { state: 'processed' }, null],
    ['a test', { state: 'test' }, null],
  ])('%s', (_name, change, expected) => {
    const sentence = explainEvent(event(change), now)
    if (expected === null) expect(sentence).toBeNull()
    else expect(sentence).toMatch(expected)
  })
})
