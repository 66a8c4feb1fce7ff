import { describe, expect, it } from 'vitest'
import { fromRfc3339 } from '../../../src/sandbox/world/nano-clock.ts'
import { type Body, type Running, startSandbox } from '../start-sandbox.ts'

const NANOSECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/

async function withEvents(count: number): Promise<Running> {
  const running = await startSandbox()
  await running.sandbox.populate({ count, refIdPrefix: 'e', decision: 'approve', deliver: false })
  return running
}

function at(body: Body, index: number): Body {
  const event = body.events[index]
  if (!event) throw new Error(`no event ${index}`)
  return event
}

describe('GET /events/{id}', () => {
  it('returns the canonical event with created_at to the nanosecond', async () => {
    const { sandbox, call } = await withEvents(1)
    const [event] = sandbox.events.all
    const { status, body } = await call('GET', `/events/${event?.id}`)
    expect(status).toBe(200)
    expect(body).toEqual({
      id: event?.id,
      type: 'identity.approved',
      object_type: 'identity_summary_status_change',
      object: {
        id: expect.any(String),
        identity_id: sandbox.identities.all[0]?.id,
        old_summary_status: 'PENDING',
        new_summary_status: 'APPROVED',
      },
      created_at: expect.stringMatching(NANOSECONDS),
      undelivered_webhooks: 0,
    })
  })

  it('answers 400 with the documented body when the id is not a UUID', async () => {
    const { call } = await startSandbox()
    const { status, body } = await call('GET', '/events/evt_1')
    expect([status, body]).toEqual([400, { type: 'about:blank', title: 'Bad Request', status: 400, detail: 'error parsing event id' }])
  })

  it('answers 404 with the documented body when the id is unknown', async () => {
    const { call } = await startSandbox()
    const { status, body } = await call('GET', '/events/d99a03ee-6b88-4362-89da-087c2c8cd4a7')
    expect([status, body]).toEqual([404, { status: 404, title: 'Not Found', type: 'about:blank' }])
  })

  it('finds a test event only with is_test=true, and a real event only without it', async () => {
    const { call, control } = await withEvents(1)
    const test = (await control('POST', '/webhook/test', { type: 'identity.denied' })).body
    expect((await call('GET', `/events/${test.id}`)).status).toBe(404)
    expect((await call('GET', `/events/${test.id}?is_test=true`)).body.type).toBe('identity.denied')
    const real = at((await call('GET', '/events')).body, 0)
    expect((await call('GET', `/events/${real.id}?is_test=true`)).status).toBe(404)
    expect((await call('GET', '/events?is_test=true')).body.events.map(({ id }) => id)).toEqual([test.id])
    expect((await call('GET', '/events')).body.events.map(({ id }) => id)).toEqual([real.id])
    expect((await call('GET', '/events?is_test=perhaps')).status).toBe(400)
  })
})

describe('GET /events', () => {
  it('lists the oldest events first, at most 100, under the key `events`', async () => {
    const { call } = await withEvents(120)
    const { body } = await call('GET', '/events')
    expect(Object.keys(body)).toEqual(['events', 'next_page_cursor'])
    expect(body.events).toHaveLength(100)
    const times = body.events.map(({ created_at }) => created_at)
    expect(times).toEqual(times.toSorted())
    expect(new Set(times).size).toBe(100)
  })

  it.each(['0', '101', '-1', '1.5', 'many', ''])('answers 400 with the documented body when limit is "%s"', async (limit) => {
    const { call } = await startSandbox()
    const { status, body } = await call('GET', `/events?limit=${limit}`)
    expect([status, body]).toEqual([
      400,
      { type: 'about:blank', title: 'Bad Request', status: 400, detail: 'limit must be between 1 and 100' },
    ])
  })

  it.each(['ASC', 'DESC'])('visits every event once by cursor in %s order, including events that arrive meanwhile', async (order) => {
    const { sandbox, call } = await withEvents(25)
    const seen: string[] = []
    let cursor = ''
    do {
      const { body } = await call('GET', `/events?limit=10&order=${order}&page_cursor=${cursor}`)
      seen.push(...body.events.map(({ id }) => id))
      cursor = body.next_page_cursor
      if (seen.length === 10) await sandbox.populate({ count: 1, refIdPrefix: 'meanwhile', decision: 'deny', deliver: false })
    } while (cursor !== '')
    const all = sandbox.events.all.map(({ id }) => id)
    expect(seen).toEqual(order === 'ASC' ? all : all.slice(0, 25).toReversed())
  })

  it('ends with an empty cursor when the last page is full', async () => {
    const { call } = await withEvents(4)
    const first = (await call('GET', '/events?limit=2')).body
    const second = (await call('GET', `/events?limit=2&page_cursor=${first.next_page_cursor}`)).body
    expect([second.events.length, second.next_page_cursor]).toEqual([2, ''])
  })

  it('compares created_at to the nanosecond', async () => {
    const { call } = await withEvents(5)
    const all = (await call('GET', '/events')).body
    const third = at(all, 2).created_at
    const list = async (filter: string): Promise<number[]> => {
      const { status, body } = await call('GET', `/events?${filter}`)
      expect(status).toBe(200)
      return body.events.map(({ id }) => all.events.findIndex((event) => event.id === id))
    }
    expect(await list(`created_at.lt=${third}`)).toEqual([0, 1])
    expect(await list(`created_at.lte=${third}`)).toEqual([0, 1, 2])
    expect(await list(`created_at.eq=${third}`)).toEqual([2])
    expect(await list(`created_at.gte=${third}`)).toEqual([2, 3, 4])
    expect(await list(`created_at.gt=${third}`)).toEqual([3, 4])
    expect(await list(`created_at.gt=${third}&created_at.lt=${third}`)).toEqual([])
    expect(await list(`created_at.gte=${nanosecondAfter(third)}`)).toEqual([3, 4])
    expect(await list(`created_at.gte=${third.slice(0, 23)}Z&order=DESC&limit=1`)).toEqual([4])
    expect(await list('created_at.gte=2020-01-01T00:00:00%2B02:00')).toEqual([0, 1, 2, 3, 4])
  })

  it('filters by type, and lists nothing for an unknown type', async () => {
    const { sandbox, call } = await withEvents(3)
    await sandbox.populate({ count: 2, refIdPrefix: 'd', decision: 'deny', deliver: false })
    expect((await call('GET', '/events?type=identity.denied')).body.events).toHaveLength(2)
    expect((await call('GET', '/events?type=identity.teleported')).body.events).toEqual([])
  })

  it('answers 400 and names the parameter that it cannot read', async () => {
    const { call } = await startSandbox()
    for (const wrong of ['created_at.gte=yesterday', 'created_at.lt=2026-13-01T00:00:00Z', 'order=random', 'page_cursor=x']) {
      const { status, body } = await call('GET', `/events?${wrong}`)
      expect([status, body.detail]).toEqual([400, expect.stringContaining(wrong.split('=')[0] ?? '')])
    }
  })
})

function nanosecondAfter(time: string): string {
  const ns = (fromRfc3339(time) ?? 0n) + 1n
  return `${time.slice(0, 20)}${String(ns % 1_000_000_000n).padStart(9, '0')}Z`
}
