import { Agent, request } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startNoticeReceiver } from '../notify/notice-receiver.ts'
import { eventually } from '../saga/world.ts'
import { openSandbox } from '../sandbox/start-sandbox.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { runGatehouse } from './run-gatehouse.ts'

const EVENTS = 5_000
const DUPLICATES = EVENTS * 0.05
const CONCURRENCY = 64
const API_KEY = 'load-test-api-key-0001'
const TOKEN = 'load-test-operator-token'

interface Stats {
  inbox: Record<string, number>
  onboardings: Record<string, number>
  notices: Record<string, number>
}

forEachBackend((backend) => {
  describe('when 5,000 events with 5 % duplicates arrive, 64 at a time', () => {
    it('Gatehouse ends with 5,000 ready customers, 5,000 accounts and 10,000 notifications: one of each account and one of each approval', {
      timeout: 180_000,
    }, async () => {
      const database = await createTestDatabase()
      onTestFinished(() => database.drop())
      const notices = await startNoticeReceiver()
      const sandbox = await openSandbox({ seed: 11 })
      onTestFinished(() => sandbox.close())
      const events = await sandbox.populate({ count: EVENTS, refIdPrefix: 'load-', decision: 'approve', deliver: false })
      const gatehouse = await runGatehouse({
        DATABASE_URL: database.url,
        ...(backend.kind === 'redis' ? { REDIS_URL: `${backend.redisUrl}/5` } : {}),
        PAXOS_API_URL: sandbox.apiUrl,
        PAXOS_TOKEN_URL: sandbox.tokenUrl,
        PAXOS_CLIENT_ID: 'sandbox',
        PAXOS_CLIENT_SECRET: 'sandbox',
        PAXOS_BUDGET: 'off',
        WEBHOOK_API_KEYS: API_KEY,
        OPERATOR_TOKEN: TOKEN,
        NOTIFY_WEBHOOK_URL: notices.url,
        NOTIFY_WEBHOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
        LOG_LEVEL: 'warn',
      })
      const answers = await postAll(`${gatehouse.receiverUrl}/webhooks/paxos`, [...events, ...events.slice(0, DUPLICATES)])
      expect(answers).toEqual({ 'accepted 200': EVENTS, 'duplicate 200': DUPLICATES })

      const stats = await eventually(
        () => readStats(gatehouse.operatorUrl),
        ({ onboardings }) => onboardings.ready === EVENTS,
        { withinMs: 120_000 },
      )
      expect(stats.onboardings).toEqual({
        pending: 0,
        documents_required: 0,
        approved: 0,
        ready: EVENTS,
        denied: 0,
        disabled: 0,
        frozen: 0,
        held: 0,
        erased: 0,
      })
      expect(stats.notices).toMatchObject({ sent: 2 * EVENTS, suppressed: 0, failed: 0 })
      expect(stats.inbox).toMatchObject({ accepted: 0, processed: EVENTS, parked: 0, dead: 0 })
      expect(sandbox.story.of('account-created')).toHaveLength(EVENTS)
      expect([...sandbox.accounts.countByIdentity().values()].every((accounts) => accounts === 1)).toBe(true)
      expect(new Set(notices.deliveries.map(({ headers }) => headers['webhook-id'])).size).toBe(2 * EVENTS)
      expect(notices.deliveries).toHaveLength(2 * EVENTS)
    })
  })
})

/** Posts every event as Paxos does, a few at a time, and counts the answers. */
async function postAll(url: string, events: readonly { id: string; type: string; createdAt: string }[]): Promise<Record<string, number>> {
  const agent = new Agent({ connections: CONCURRENCY })
  const answers: Record<string, number> = {}
  let next = 0
  const lane = async (): Promise<void> => {
    for (let event = events[next++]; event; event = events[next++]) {
      const body = JSON.stringify({
        id: event.id,
        type: event.type,
        source: 'com.paxos',
        time: event.createdAt,
        object: 'event',
        is_test: false,
      })
      const answer = await request(url, {
        method: 'POST',
        dispatcher: agent,
        headers: { 'content-type': 'application/json', 'x-api-key': API_KEY },
        body,
      })
      const { status } = (await answer.body.json()) as { status: string }
      const seen = `${status} ${answer.statusCode}`
      answers[seen] = (answers[seen] ?? 0) + 1
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, lane))
  await agent.close()
  return answers
}

async function readStats(operatorUrl: string): Promise<Stats> {
  const answer = await request(`${operatorUrl}/v1/stats`, { headers: { authorization: `Bearer ${TOKEN}` } })
  return (await answer.body.json()) as Stats
}
