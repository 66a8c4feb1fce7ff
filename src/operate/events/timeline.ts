import type { EventOrigin } from '../../domain/event-state.ts'
import { SEND_NOTIFICATION } from '../../domain/notification.ts'
import { CREATE_ACCOUNT } from '../../domain/onboarding/account-effect.ts'
import type { HoldReason } from '../../domain/onboarding/onboarding.ts'
import { type Outcome, readOutcome } from '../../domain/outcome.ts'
import type { EventRecord } from '../../inbox/read-events.ts'
import type { EffectRecord, EntryRecord } from '../../ledger/onboarding-record.ts'
import { type NamedEffect, sayEffect, sayIntent } from '../say/say-effect.ts'
import { describeHold } from './explain-waiting.ts'

/** One line of a customer's timeline: a sentence, and its source data. */
export interface TimelineLine {
  at: Date
  /** `ledger`: what Gatehouse decided and did. `inbox`: what it received. */
  source: 'ledger' | 'inbox'
  sentence: string
  kind: string
  /** `event:<uuid>`, `operator:<name>`; `paxos` for received events. */
  actor: string
  data: unknown
}

const HOW: Readonly<Record<EventOrigin, (type: string) => string>> = {
  webhook: (type) => `Webhook from Paxos: ${type}`,
  sweep: (type) => `Sweep found ${type} in the Events API`,
  command: (type) => `Command accepted: ${type}`,
  timer: (type) => `Timer: ${type}`,
}

/** The ledger and the inbox as one timeline. `more`: lines of the customer's other streams. At the same instant: first received events, then actions, then results. */
export function mergeTimeline(
  entries: readonly EntryRecord[],
  events: readonly EventRecord[],
  { effects, more = [] }: { effects: readonly EffectRecord[]; more?: readonly TimelineLine[] },
): TimelineLine[] {
  const heard = events.map(describeReceived)
  const byStep = new Map(effects.map((effect) => [effect.step, effect]))
  const done = entries.map(({ at, kind, actor, data }): TimelineLine => {
    return { at, source: 'ledger', sentence: describeEntry(kind, isRecord(data) ? data : {}, byStep), kind, actor, data }
  })
  return [...heard, ...done, ...more, ...events.flatMap(describeEnd)].sort((a, b) => a.at.getTime() - b.at.getTime())
}

function describeReceived(event: EventRecord): TimelineLine {
  const { eventId, type, receivedAt, occurredAt, deliveryCount, origin, trust, isTest } = event
  const how = HOW[origin](type)
  const again = deliveryCount > 1 ? `, delivered ${deliveryCount} times` : ''
  return {
    at: receivedAt,
    source: 'inbox',
    sentence: `${how}${isTest ? ' (a test)' : ''}${again}`,
    kind: 'event.received',
    actor: origin === 'command' || origin === 'timer' ? 'gatehouse' : 'paxos',
    data: { eventId, type, occurredAt, deliveryCount, origin, trust },
  }
}

/** Outcomes whose change has an entry in the ledger. */
const HAS_ENTRY: ReadonlySet<Outcome['kind'] | undefined> = new Set(['moved', 'held', 'resumed', 'noted'])

/** The end of an event without a ledger entry. A move has its own entry. */
function describeEnd({ eventId, state, completedAt, outcome, errorCode, errorDetail }: EventRecord): TimelineLine[] {
  if (completedAt === null) return []
  const line = { at: completedAt, source: 'inbox', actor: 'gatehouse' } as const
  if (state === 'parked' || state === 'dead') {
    const sentence = `Event ${eventId} ${state === 'parked' ? 'parked' : 'dead'}: ${errorCode ?? 'no code'}${errorDetail ? `, ${errorDetail}` : ''}`
    return [{ ...line, sentence, kind: `event.${state}`, data: { eventId, errorCode, errorDetail } }]
  }
  if (state === 'dismissed') {
    const sentence = `Event ${eventId} dismissed by an operator: it cannot succeed (${errorCode ?? 'no code'})`
    return [{ ...line, sentence, kind: 'event.dismissed', data: { eventId, errorCode } }]
  }
  if (state !== 'processed' || outcome === null || HAS_ENTRY.has(readOutcome(outcome)?.kind)) return []
  return [
    {
      ...line,
      sentence: `Nothing to do for event ${eventId}: ${sayOutcome(outcome)}`,
      kind: 'event.processed',
      data: { eventId, outcome },
    },
  ]
}

/** A stored outcome in words. An outcome of a newer version stays unchanged. */
export function sayOutcome(text: string): string {
  const outcome = readOutcome(text)
  const words = (what: string): string => what.replaceAll(/[-_]/g, ' ')
  switch (outcome?.kind) {
    case 'moved':
      return `moved to ${words(outcome.to)}`
    case 'resumed':
      return `finished open effects: ${words(outcome.state)}`
    case 'noted':
      return `noted that Paxos says ${outcome.status}`
    case 'held':
      return `held: ${words(outcome.reason)}`
    case 'ignored':
    case 'cancelled':
    case 'kept':
      return words(outcome.because)
    case undefined:
      return text
  }
}

function describeEntry(kind: string, data: Record<string, unknown>, effects: ReadonlyMap<string, EffectRecord>): string {
  const text = (key: string): string => String(data[key] ?? 'unknown')
  const effect = effects.get(text('step')) ?? { kind: text('step'), name: null } // an entry is committed with its effect
  switch (kind) {
    case 'onboarding.created':
      return `Created at Paxos as ${text('refId')}`
    case 'onboarding.adopted':
      return `Adopted: an identity that Gatehouse did not create (${text('event')})`
    case 'state.moved':
      return data.to === 'ready'
        ? 'Ready: account and profile exist, and the application was notified'
        : `Moved from ${text('from')} to ${text('to')}: Paxos says ${text('status')}`
    case 'state.held':
      return `Held: ${describeHold(data.reason as HoldReason)}`
    case 'hold.released':
      return `Released from hold by an operator, to ${text('to')}`
    case 'status.noted':
      return `Noted: Paxos says ${text('status')}${[data.requirements, data.controls].map(appended).join('')}`
    case 'refresh.dated':
      return `KYC refresh: the customer has time until ${text('endsAt')}`
    case 'documents.required':
      return `Paxos asks for documents: ${list(data.documents)}`
    case 'effect.intended':
      return sayIntent(effect)
    case 'effect.done':
      return describeDone(effect, data, text)
    case 'effect.suppressed':
      return `${sayEffect(effect)} was cancelled because it is no longer true. ${data.mayHaveBeenSent ? 'It may have arrived; Gatehouse does not send it again.' : 'It was not sent.'}`
    case 'effect.refused':
      return `${sayEffect(effect)} was refused: ${text('code')}`
    default:
      return kind
  }
}

function describeDone(effect: NamedEffect, data: Record<string, unknown>, text: (key: string) => string): string {
  switch (effect.kind) {
    case CREATE_ACCOUNT: {
      const how = data.how === 'adopted' ? 'adopted: it existed at Paxos' : 'opened'
      return `Account ${text('accountId')} with profile ${text('profileId')} ${how}`
    }
    case SEND_NOTIFICATION:
      return `${sayEffect(effect)} was sent (${text('channel')}${typeof data.status === 'number' ? ` answered ${data.status}` : ''})`
    default:
      return `${sayEffect(effect)}: done`
  }
}

function appended(value: unknown): string {
  return Array.isArray(value) && value.length > 0 ? `; ${value.join('; ')}` : ''
}

function list(value: unknown): string {
  return Array.isArray(value) && value.length > 0 ? value.join(', ') : 'none named'
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
