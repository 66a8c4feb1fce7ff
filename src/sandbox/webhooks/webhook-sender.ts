import { Agent, request } from 'undici'
import type { FaultBook } from '../control/fault-book.ts'
import type { SandboxSettings } from '../control/sandbox-settings.ts'
import type { DeliveryOutcome, StoryLog } from '../control/story-log.ts'
import type { StoredEvent } from '../world/event-store.ts'
import { toRfc3339 } from '../world/nano-clock.ts'
import type { SeededRandom } from '../world/seeded-random.ts'
import { DeliveryPace } from './delivery-pace.ts'
import { retryWaitMs } from './retry-schedule.ts'
import { NoWebhookTokenError, WebhookCredentials } from './webhook-credentials.ts'
import type { WebhookTarget } from './webhook-target.ts'

/** Most attempts in progress: a hanging receiver must not take every socket of the machine. */
const MAX_IN_FLIGHT = 500

interface Delivery {
  event: StoredEvent
  /** A deliberate duplicate: tried once, also when it fails. */
  copy: boolean
  attempts: number
  firstAttemptAtMs: number | null
}

/**
 * Delivers events to one webhook as Paxos does (paxos/api.md 2.2 to 2.5). The payload is reduced. Any 2xx is success. Anything else is
 * retried after about 5 s and then ever later, for 24 h. The webhook's rate is never exceeded.
 * One file, because every attempt moves the same queue, rate and totals.
 */
export class WebhookSender {
  #settings: SandboxSettings
  #random: SeededRandom
  #story: StoryLog
  #faults: FaultBook
  #agent = new Agent({ keepAliveTimeout: 30_000 })
  #target: WebhookTarget | null = null
  #credentials: WebhookCredentials | null = null
  #ready: Delivery[] = []
  #held: Delivery[] = []
  #waiting = new Map<Delivery, NodeJS.Timeout>()
  #inFlight = new Set<Delivery>()
  #paused = false
  #closed = false
  #pace: DeliveryPace
  #pumpTimer: NodeJS.Timeout | null = null

  constructor(options: { settings: SandboxSettings; random: SeededRandom; story: StoryLog; faults: FaultBook }) {
    this.#settings = options.settings
    this.#random = options.random
    this.#story = options.story
    this.#faults = options.faults
    this.#pace = new DeliveryPace(options.settings.webhookRatePerSecond)
  }

  get target(): WebhookTarget | null {
    return this.#target
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Unfinished deliveries: ready, held back, waiting for a retry, in flight. */
  get pending(): { ready: number; held: number; waiting: number; inFlight: number } {
    return { ready: this.#ready.length, held: this.#held.length, waiting: this.#waiting.size, inFlight: this.#inFlight.size }
  }

  /** Pending deliveries go to the new target. Without one they are abandoned. */
  setTarget(target: WebhookTarget | null): void {
    this.#target = target
    this.#credentials = target
      ? new WebhookCredentials({ auth: target.auth, dispatcher: this.#agent, timeoutMs: this.#settings.webhookTimeoutMs })
      : null
    if (target) this.#pump()
    else this.#abandonPending()
  }

  /** Delivers a new event. Without a webhook it is only listed. Armed faults of deliveries apply here. */
  deliver(event: StoredEvent): void {
    if (!this.#target) return
    event.undeliveredWebhooks = 1
    const faults = this.#faults.forDelivery(event.type)
    if (faults.some((fault) => fault.do === 'lose')) {
      this.#story.tell({ kind: 'delivery-lost', eventId: event.id, type: event.type })
      return
    }
    const original: Delivery = { event, copy: false, attempts: 0, firstAttemptAtMs: null }
    const delay = faults.find((fault) => fault.do === 'delay')
    const reorder = faults.find((fault) => fault.do === 'reorder')
    if (delay) this.#later(original, delay.ms)
    else if (reorder) this.#hold(original, reorder.ms)
    else this.#ready.push(original)
    const duplicate = faults.find((fault) => fault.do === 'duplicate')
    if (duplicate) this.#pushCopies(event, duplicate.copies)
    this.#pump()
  }

  /** Sends an event again, also after a success: a receiver must expect that (paxos/api.md 2.5). */
  redeliver(event: StoredEvent, copies: number): void {
    if (!this.#target) return
    this.#pushCopies(event, copies)
    this.#pump()
  }

  pause(): void {
    this.#paused = true
  }

  /** `abandon`: as after more than 24 h of silence, pending deliveries are never tried again, and only List Events has their events. */
  resume({ backlog }: { backlog: 'deliver' | 'abandon' }): void {
    if (backlog === 'abandon') this.#abandonPending()
    this.#paused = false
    this.#pump()
  }

  /** Drops pending deliveries and keeps the target. */
  clear(): void {
    this.#dropPending()
    this.#inFlight.clear()
    this.#paused = false
  }

  async close(): Promise<void> {
    this.#closed = true
    this.clear()
    if (this.#pumpTimer) clearTimeout(this.#pumpTimer)
    await this.#agent.destroy()
  }

  #pushCopies(event: StoredEvent, copies: number): void {
    for (let copy = 0; copy < copies; copy++) this.#ready.push({ event, copy: true, attempts: 0, firstAttemptAtMs: null })
  }

  #hold(delivery: Delivery, longestMs: number): void {
    this.#held.push(delivery)
    this.#later(delivery, longestMs)
  }

  /** Call after an event was tried: releases deliveries that were held back for a later event. */
  #releaseHeld(tried: StoredEvent): void {
    if (this.#held.length === 0) return
    const released = this.#held.filter(({ event }) => event.createdAtNs < tried.createdAtNs)
    this.#held = this.#held.filter((delivery) => !released.includes(delivery))
    for (const delivery of released) {
      clearTimeout(this.#waiting.get(delivery))
      this.#waiting.delete(delivery)
      this.#ready.push(delivery)
    }
  }

  #later(delivery: Delivery, waitMs: number): void {
    const timer = setTimeout(() => {
      this.#waiting.delete(delivery)
      this.#held = this.#held.filter((held) => held !== delivery)
      this.#ready.push(delivery)
      this.#pump()
    }, waitMs)
    this.#waiting.set(delivery, timer)
  }

  #abandonPending(): void {
    for (const delivery of [...this.#ready, ...this.#waiting.keys()]) this.#abandon(delivery)
    this.#dropPending()
  }

  #dropPending(): void {
    for (const timer of this.#waiting.values()) clearTimeout(timer)
    this.#waiting.clear()
    this.#ready = []
    this.#held = []
  }

  #abandon({ event, copy }: Delivery): void {
    if (!copy) this.#story.tell({ kind: 'delivery-abandoned', eventId: event.id, type: event.type })
  }

  /** Starts as many attempts as pace and connections allow, and schedules itself for the rest. */
  #pump(): void {
    if (this.#pumpTimer || this.#closed) return
    const { webhookRatePerSecond } = this.#settings
    if (this.#pace.ratePerSecond !== webhookRatePerSecond) this.#pace = new DeliveryPace(webhookRatePerSecond)
    let sent = 0
    while (sent < this.#ready.length && !this.#paused && this.#target && this.#inFlight.size < MAX_IN_FLIGHT) {
      const waitMs = this.#pace.take(performance.now())
      if (waitMs > 0) {
        this.#pumpTimer = setTimeout(() => {
          this.#pumpTimer = null
          this.#pump()
        }, Math.ceil(waitMs))
        break
      }
      const delivery = this.#ready[sent++] as Delivery // sent is within the array
      this.#inFlight.add(delivery)
      void this.#attempt(delivery, this.#target) // never rejects
    }
    if (sent > 0) this.#ready.splice(0, sent)
  }

  async #attempt(delivery: Delivery, target: WebhookTarget): Promise<void> {
    const { event } = delivery
    const startedAtMs = performance.now()
    delivery.firstAttemptAtMs ??= Date.now()
    delivery.attempts++
    const { outcome, status } = await this.#post(event, target)
    if (!this.#inFlight.delete(delivery)) return // dropped meanwhile by a reset or the end
    const durationMs = Math.round(performance.now() - startedAtMs)
    const { attempts: attempt, copy } = delivery
    this.#story.tell({ kind: 'delivery', eventId: event.id, type: event.type, attempt, copy, outcome, status, durationMs })
    if (outcome === 'delivered') event.undeliveredWebhooks = 0
    else if (!copy) this.#retry(delivery, delivery.firstAttemptAtMs)
    this.#releaseHeld(event)
    this.#pump()
  }

  async #post(event: StoredEvent, target: WebhookTarget): Promise<{ outcome: DeliveryOutcome; status: number | null }> {
    const { webhookTimeoutMs } = this.#settings
    const giveUp = new AbortController() // undici's own timeouts are exact to half a second only
    const timer = setTimeout(() => giveUp.abort(), webhookTimeoutMs)
    try {
      const { statusCode, body } = await request(target.url, {
        method: 'POST',
        dispatcher: this.#agent,
        signal: giveUp.signal,
        bodyTimeout: webhookTimeoutMs,
        headers: { 'content-type': 'application/json', ...(await this.#credentials?.header()) },
        body: JSON.stringify(deliveryBody(event)),
      })
      if (statusCode === 401) this.#credentials?.drop()
      body.dump().catch(() => undefined) // only the status counts
      return { outcome: statusCode >= 200 && statusCode < 300 ? 'delivered' : 'refused', status: statusCode }
    } catch (error) {
      if (error instanceof NoWebhookTokenError) return { outcome: 'unauthenticated', status: error.status }
      return { outcome: giveUp.signal.aborted ? 'timed-out' : 'unreachable', status: null }
    } finally {
      clearTimeout(timer)
    }
  }

  #retry(delivery: Delivery, firstAttemptAtMs: number): void {
    const { attempts, event } = delivery
    const fraction = this.#random.fraction('retry', event.id, attempts)
    const waitMs = retryWaitMs({ settings: this.#settings, attempts, sinceFirstMs: Date.now() - firstAttemptAtMs, fraction })
    if (waitMs === null) this.#abandon(delivery)
    else this.#later(delivery, waitMs)
  }
}

/** Metadata only, without the identity: the receiver asks the Events API for more (paxos/api.md 2.2). */
function deliveryBody({ id, type, createdAtNs, isTest }: StoredEvent): object {
  return { id, type, source: 'com.paxos', time: toRfc3339(createdAtNs, 0), object: 'event', is_test: isTest }
}
