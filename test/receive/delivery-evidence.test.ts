import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DeliverySample, forgetSamples, insertSamples, listSamples } from '../../src/inbox/delivery-samples.ts'
import { type DeliveryEvidence, keepEvidence } from '../../src/receive/delivery-evidence.ts'
import { API_KEY, delivery, startReceiver, type TestReceiver } from './start-receiver.ts'

let receiver: TestReceiver
let evidence: DeliveryEvidence
const failures: unknown[] = []

beforeAll(async () => {
  receiver = await startReceiver({
    evidence: (pool) => {
      const store = {
        insert: (samples: readonly DeliverySample[]) => insertSamples(pool, samples),
        forget: () => forgetSamples(pool, new Date()),
      }
      evidence = keepEvidence(store, (error) => failures.push(error))
      return evidence
    },
  })
})
afterAll(async () => {
  await evidence.close()
  await receiver.close()
})

/** Resolves after the next write of the evidence. */
async function samples(query: { eventId?: string; refused?: boolean } = {}): Promise<DeliverySample[]> {
  await sleep(1_200)
  return listSamples(receiver.pool, { ...query, limit: 500 })
}

describe('F36: the evidence of a delivery', () => {
  it('holds body, hash, key and source of an accepted event until Paxos confirms it', async () => {
    const sent = delivery()
    await receiver.post(sent)
    const [kept] = await samples({ eventId: String(sent.id) })
    expect(kept).toMatchObject({
      status: 200,
      reason: 'accepted',
      proof: 'api-key',
      keySlot: expect.any(String),
      sourceHash: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
    expect(JSON.parse(kept?.body?.toString() ?? '')).toEqual(sent)
    await forgetSamples(receiver.pool, new Date())
    expect(await listSamples(receiver.pool, { eventId: String(sent.id), limit: 5 })).toHaveLength(1)
    await receiver.pool.query(`UPDATE inbox_event SET trust = 'confirmed' WHERE event_id = $1`, [sent.id])
    await forgetSamples(receiver.pool, new Date())
    expect(await listSamples(receiver.pool, { eventId: String(sent.id), limit: 5 })).toEqual([])
  })

  it('holds reason, source and kind of proof of a refused one, and nothing of the proof itself', async () => {
    await receiver.post(delivery(), { 'x-api-key': 'a-stolen-or-mistyped-key' })
    await receiver.post(delivery(), {})
    await receiver.post('{"id": 7}', { 'x-api-key': API_KEY })
    const refused = await samples({ refused: true })
    expect(refused.map(({ status, reason, proof }) => [status, reason, proof])).toEqual([
      [400, 'DELIVERY_INVALID', 'api-key'],
      [401, 'WEBHOOK_UNAUTHENTICATED', 'none'],
      [401, 'WEBHOOK_UNAUTHENTICATED', 'api-key'],
    ])
    expect(refused[0]?.body?.toString()).toBe('{"id": 7}')
    expect(refused[1]?.body).toBe(null)
    const { rows } = await receiver.pool.query('SELECT s::text AS row FROM delivery_sample s')
    for (const { row } of rows) expect(row).not.toContain('a-stolen-or-mistyped-key')
  })

  it('is limited in rate, size and age', async () => {
    await samples()
    await receiver.pool.query('DELETE FROM delivery_sample')
    await Promise.all(Array.from({ length: 40 }, () => receiver.post(delivery(), {})))
    expect((await samples({ refused: true })).length).toBeLessThanOrEqual(20)
    await receiver.post(delivery({ padding: 'x'.repeat(10_000) }))
    const [large] = await samples()
    expect(large?.body?.length).toBe(2_048)
    await forgetSamples(receiver.pool, new Date(Date.now() + 8 * 86_400_000))
    expect(await listSamples(receiver.pool, { limit: 5 })).toEqual([])
  })

  it('never delays a delivery, and says when it cannot be written', async () => {
    await receiver.pool.query('ALTER TABLE delivery_sample RENAME TO delivery_sample_away')
    expect(await receiver.post(delivery())).toMatchObject({ status: 200 })
    await sleep(1_200)
    expect(failures.length).toBeGreaterThan(0)
    await receiver.pool.query('ALTER TABLE delivery_sample_away RENAME TO delivery_sample')
  })
})

it('F36: makes no sample that would not be kept, since each costs two hashes', async () => {
  const own = keepEvidence({ insert: async () => {}, forget: async () => {} }, () => {})
  const made = { accepted: 0, refused: 0 }
  const keep = (kind: 'accepted' | 'refused', status: number): void =>
    own.keep(kind, () => {
      made[kind] += 1
      return {
        at: new Date(),
        status,
        reason: kind,
        proof: 'none',
        keySlot: null,
        sourceHash: null,
        eventId: null,
        body: null,
        bodySha256: null,
      }
    })
  for (let index = 0; index < 200; index += 1) {
    keep('accepted', 200)
    keep('refused', 401)
  }
  await own.close()
  expect(made).toEqual({ accepted: 50, refused: 10 })
})
