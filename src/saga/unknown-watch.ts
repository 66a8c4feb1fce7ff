import { Counter, type Registry } from 'prom-client'
import { atMostEvery } from '../platform/at-most-every.ts'
import type { Logger } from '../platform/logger.ts'

/** Shortest time between log lines about events parked as unknown to Paxos: a flood of forged events must not fill the log. */
const SAY_EVERY_MS = 5_000
/** From this many a minute on, the webhook key has probably leaked. */
const ALARM_FROM = 100
const ALARM_EVERY_MS = 60_000
/** Label for an event without a key. Labels are key slots, so forged events cannot add new ones. */
const NO_KEY = 'none'

export interface UnknownWatch {
  /** Counts an event of this key that was parked because Paxos does not know it. */
  parked(keySlot: string | null): void
}

/**
 * Reports events that Paxos does not know, per key slot: a metric, one log line for many, and an alarm when a key brings many within a
 * minute.
 */
export function createUnknownWatch({ logger, metrics, now }: { logger: Logger; metrics: Registry; now: () => number }): UnknownWatch {
  const counter = new Counter({
    name: 'gatehouse_unknown_events_total',
    help: 'Events parked because Paxos does not know them, by the slot of their webhook key.',
    labelNames: ['key_slot'] as const,
    registers: [metrics],
  })
  const minutes = new Map<string, { since: number; events: number; alarmedAt: number }>()
  const say = atMostEvery(
    SAY_EVERY_MS,
    (events, keySlot: string) =>
      logger.warn({ events, keySlot, code: 'EVENT_UNKNOWN_TO_PAXOS' }, 'events parked: Paxos does not know them'),
    now,
  )
  return {
    parked(keySlot) {
      const slot = keySlot ?? NO_KEY
      counter.inc({ key_slot: slot })
      say(slot)
      const minute = minutes.get(slot) ?? { since: now(), events: 0, alarmedAt: Number.NEGATIVE_INFINITY }
      if (now() - minute.since >= ALARM_EVERY_MS) Object.assign(minute, { since: now(), events: 0 })
      minute.events += 1
      minutes.set(slot, minute)
      if (minute.events < ALARM_FROM || now() - minute.alarmedAt < ALARM_EVERY_MS) return
      minute.alarmedAt = now()
      logger.error(
        { events: minute.events, keySlot: slot },
        'a webhook key delivers events that Paxos does not know: exchange it if they are forged',
      )
    },
  }
}
