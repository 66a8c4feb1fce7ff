import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { QueueBackend } from '../../src/queue/queue-connection.ts'
import type { Sandbox, SandboxOptions } from '../../src/sandbox/sandbox.ts'
import type { StoredEvent } from '../../src/sandbox/world/event-store.ts'
import { type NoticeReceiver, startNoticeReceiver } from '../notify/notice-receiver.ts'
import { openSandbox } from '../sandbox/start-sandbox.ts'
import { ownQueue, type TestBackend } from '../support/queue-backends.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { type Pipeline, type PipelineOptions, startPipeline } from './start-pipeline.ts'

export const NOTICE_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'

/** A simulator, a database, a notification receiver, and pipelines between them, for one test, which closes them. */
export interface World {
  sandbox: Sandbox
  databaseUrl: string
  backend: QueueBackend
  notices: NoticeReceiver
  start(options?: Partial<PipelineOptions>): Promise<Pipeline>
  /** An identity that Paxos has decided on, with its event. */
  decided(decision: 'approve' | 'deny'): Promise<StoredEvent & { identityId: string }>
  /** What an independent observer counts, from the simulator's log and the notification receiver. */
  /** The accounts that the simulator opened for the identity. */
  accountIds(identityId: string): string[]
  effectsOf(identityId: string): { accounts: number; noticeKeys: string[]; sends: number }
}

export async function createWorld(backend: TestBackend, options: Partial<SandboxOptions> = {}): Promise<World> {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const notices = await startNoticeReceiver()
  const sandbox = await openSandbox(options)
  onTestFinished(() => sandbox.close())
  const queueBackend = ownQueue(backend, database.url)
  let made = 0
  return {
    sandbox,
    databaseUrl: database.url,
    backend: queueBackend,
    notices,
    start: async (overrides = {}) => {
      const pipeline = await startPipeline({
        databaseUrl: database.url,
        backend: queueBackend,
        paxos: sandbox,
        notices: { url: notices.url, secret: NOTICE_SECRET },
        ...overrides,
      })
      onTestFinished(() => pipeline.close())
      return pipeline
    },
    decided: async (decision) => {
      made += 1
      const [event] = await sandbox.populate({ count: 1, refIdPrefix: `person-${made}-`, decision, deliver: false })
      if (!event?.identityId) throw new Error('the simulator made no identity')
      return { ...event, identityId: event.identityId }
    },
    accountIds: (identityId) =>
      sandbox.story
        .read({ after: 0, limit: 1_000_000, kind: 'account-created', identityId })
        .flatMap((line) => (line.kind === 'account-created' ? [line.accountId] : [])),
    effectsOf: (identityId) => {
      const accounts = sandbox.story.read({ after: 0, limit: 1_000_000, kind: 'account-created', identityId }).length
      const keys = notices.deliveries.map(({ headers }) => String(headers['webhook-id'])).filter((key) => key.endsWith(identityId))
      const opened = keys.filter((key) => key.startsWith('notice_account_opened_'))
      const ofDecisions = keys.filter((key) => !opened.includes(key))
      if (new Set(opened).size > 1) throw new Error(`account.opened was told under several keys: ${opened.join()}`)
      return { accounts, noticeKeys: [...new Set(ofDecisions)].sort(), sends: ofDecisions.length }
    },
  }
}

/** Waits until a condition holds. Its error shows the last value. */
export async function eventually<T>(read: () => Promise<T> | T, holds: (seen: T) => boolean, { withinMs = 75_000 } = {}): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const seen = await read()
    if (holds(seen)) return seen
    if (Date.now() > deadline) throw new Error(`still not so after ${withinMs} ms: ${JSON.stringify(seen)}`)
    await sleep(20)
  }
}

/** Waits until the onboarding is in this state. */
export async function reaches({ ledger }: Pipeline, identityId: string, state: string) {
  const stored = await eventually(
    () => ledger.load(identityId),
    (seen) => seen?.onboarding.state === state,
  )
  if (!stored) throw new Error('unreachable')
  return stored
}

/** Waits until every event in the inbox is finished. */
export async function completes({ inbox }: Pipeline) {
  return eventually(
    () => inbox.count(),
    ({ accepted }) => accepted === 0,
  )
}
