import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import type { QueueBackend } from '../../src/queue/queue-connection.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { StoredEvent } from '../../src/sandbox/world/event-store.ts'
import { NOTICE_SECRET } from '../saga/world.ts'
import { openSandbox } from '../sandbox/start-sandbox.ts'
import { ownQueue, type TestBackend } from '../support/queue-backends.ts'
import { createTestDatabase } from '../support/test-database.ts'
import type { ChildOrder } from './crash-child.ts'
import type { NoticeSend } from './history-checker.ts'
import { startNoticeLog } from './notice-log.ts'
import { type Child, startChild } from './start-child.ts'

export type IdentityEvent = StoredEvent & { identityId: string }

/** A Paxos, a notification receiver, a database and a queue, which outlive the processes that are killed between them. */
export interface Stage {
  sandbox: Sandbox
  sends: NoticeSend[]
  pool: pg.Pool
  backend: QueueBackend
  databaseUrl: string
  /** What the notification receiver does from now on. It answers 204 by default. */
  replyToNotices(reply: (response: ServerResponse) => void): void
  start(order?: Partial<ChildOrder>): Promise<Child>
  /** An identity that Paxos has decided on, with its event. */
  decided(decision?: 'approve' | 'deny'): Promise<IdentityEvent>
  /** Another event of the same decision: another id, the same meaning. */
  twinOf(event: IdentityEvent): IdentityEvent
  /** Sends events one after the other as Paxos does. Gives the ids of those that were answered 200. */
  deliver(child: Child, events: readonly StoredEvent[]): Promise<string[]>
  /** Rows of the inbox. */
  inbox(): Promise<{ event_id: string; state: string; error_code: string | null; error_detail: string | null; strikes: number }[]>
  /** Kills what still runs and closes everything. */
  close(): Promise<void>
}

const MOST_TRIES = 40
const BETWEEN_TRIES_MS = 250
const API_KEY = 'the-key-of-the-fault-tests'

export async function openStage(backend: TestBackend): Promise<Stage> {
  const database = await createTestDatabase()
  const notices = await startNoticeLog()
  const sandbox = await openSandbox()
  const pool = new pg.Pool({ connectionString: database.url, max: 2 })
  pool.on('error', () => {})
  const children: Child[] = []
  const queueBackend = ownQueue(backend, database.url)
  let made = 0
  return {
    sandbox,
    sends: notices.sends,
    pool,
    backend: queueBackend,
    databaseUrl: database.url,
    replyToNotices: notices.reply,
    start: async (order = {}) => {
      const child = await startChild({
        databaseUrl: database.url,
        backend: queueBackend,
        paxos: { apiUrl: sandbox.apiUrl, tokenUrl: sandbox.tokenUrl },
        notices: { url: notices.url, secret: NOTICE_SECRET },
        apiKey: API_KEY,
        dieAt: null,
        poison: null,
        ...order,
      })
      children.push(child)
      return child
    },
    decided: async (decision = 'approve') => {
      made += 1
      const [event] = await sandbox.populate({ count: 1, refIdPrefix: `person-${made}-${randomUUID()}-`, decision, deliver: false })
      if (!event?.identityId) throw new Error('the simulator made no identity')
      return { ...event, identityId: event.identityId }
    },
    twinOf: ({ type, identityId, object }) => ({ ...sandbox.events.emit({ type, object, identityId, deliver: false }), identityId }),
    deliver: async (child, events) => {
      const taken: string[] = []
      for (const event of events) {
        let answer = await post(child, event)
        // As Paxos does: a receiver that is not quick enough beside other programs says so, and has stored nothing.
        for (let tries = 1; answer === 503 && tries < MOST_TRIES; tries += 1) {
          await delay(BETWEEN_TRIES_MS)
          answer = await post(child, event)
        }
        if (answer === 200) taken.push(event.id)
      }
      return taken
    },
    inbox: async () => (await pool.query('SELECT event_id, state, error_code, error_detail, strikes FROM inbox_event ORDER BY seq')).rows,
    close: async () => {
      await Promise.all(children.map((child) => child.kill()))
      await sandbox.close()
      await notices.close()
      await pool.end()
      await database.drop()
    },
  }
}

/** The status of the answer, or null without one. */
async function post({ url }: Child, { id, type, createdAt }: StoredEvent): Promise<number | null> {
  if (url === null) return null
  try {
    const answer = await fetch(`${url}/webhooks/paxos`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': API_KEY },
      body: JSON.stringify({ id, type, time: createdAt, source: 'com.paxos', is_test: false }),
      signal: AbortSignal.timeout(30_000),
    })
    await answer.body?.cancel()
    return answer.status
  } catch {
    return null
  }
}
