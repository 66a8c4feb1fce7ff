import { describe, expect, it, vi } from 'vitest'
import { type Backlog, type BacklogPassOptions, createBacklogPass } from '../../src/paxos/backlog-pass.ts'
import type { PaxosEvent } from '../../src/paxos/events.ts'
import { PaxosUnavailableError } from '../../src/paxos/paxos-errors.ts'
import type { WaitingEvent } from '../../src/paxos/read-waiting-events.ts'

const START = Date.parse('2026-03-02T09:00:00Z')

/** `count` approved events that all wait, `forged` more that Paxos does not list, and Paxos's two listings. */
function world(count: number, { forged = 0 }: { forged?: number } = {}) {
  const events = Array.from(
    { length: count },
    (_, index): PaxosEvent => ({
      id: `e${index}`,
      type: 'identity.approved',
      createdAt: new Date(START + index * 100).toISOString(),
      undeliveredWebhooks: 0,
      identityId: `i${index}`,
      oldStatus: 'PENDING',
      newStatus: 'APPROVED',
      transferId: null,
      requiredDocuments: [],
      nextKycRefreshDate: null,
    }),
  )
  const versions = new Map<string, number>()
  const statuses = new Map(events.map(({ identityId }) => [identityId ?? '', 'APPROVED']))
  /** When identities changed after their event. */
  const changedAt = new Map<string, string>()
  let nowMs = START + 3_600_000
  const waiting: WaitingEvent[] = [
    ...events.map(({ id, createdAt }) => ({ eventId: id, at: Date.parse(createdAt), evidence: null })),
    ...Array.from({ length: forged }, (_, index) => ({ eventId: `f${index}`, at: START + index, evidence: null })),
  ]
  const onMostlyAbsent = vi.fn()
  const backlog: Backlog = {
    waiting: async () => waiting,
    versions: async (ids) => new Map([...versions].filter(([id]) => ids.includes(id))),
    readsStatus: (type) => type.startsWith('identity.'),
    onMostlyAbsent,
  }
  const page = <Row>(rows: readonly Row[], cursor: string | null) => {
    const from = Number(cursor ?? 0)
    return { rows: rows.slice(from, from + 100), nextCursor: from + 100 < rows.length ? String(from + 100) : null }
  }
  const calls = { events: 0, identities: 0 }
  const options: BacklogPassOptions = {
    backlog,
    now: () => nowMs,
    listEvents: async (fromMs, cursor) => {
      calls.events += 1
      const { rows, nextCursor } = page(
        events.filter(({ createdAt }) => Date.parse(createdAt) >= fromMs),
        cursor,
      )
      const last = rows.at(-1)
      return { values: rows.map((value) => ({ id: value.id, value })), nextCursor, reachedMs: last ? Date.parse(last.createdAt) : null }
    },
    listIdentities: async ({ fromMs, untilMs = Number.POSITIVE_INFINITY }, cursor) => {
      calls.identities += 1
      const updatedAt = ({ identityId, createdAt }: PaxosEvent): string => changedAt.get(identityId ?? '') ?? createdAt
      const inWindow = events.filter((event) => Date.parse(updatedAt(event)) >= fromMs && Date.parse(updatedAt(event)) < untilMs)
      const { rows, nextCursor } = page(inWindow, cursor)
      const values = rows.map((event) => {
        const { identityId, createdAt } = event
        const status = statuses.get(identityId ?? '') ?? ''
        const value = { id: identityId ?? '', refId: null, status, activeControls: [], createdAt, updatedAt: updatedAt(event) }
        return { id: value.id, value }
      })
      return { values, nextCursor, reachedMs: null }
    },
  }
  return {
    events,
    waiting,
    versions,
    statuses,
    calls,
    options,
    onMostlyAbsent,
    /** The status changes now. */
    change: (identityId: string, status: string) => {
      statuses.set(identityId, status)
      changedAt.set(identityId, new Date(nowMs).toISOString())
    },
    pass: (ms: number) => {
      nowMs += ms
    },
  }
}

describe('a pass over the backlog', () => {
  it('F49: confirms every waiting event, in any order, with at most 0.05 reads per event', async () => {
    const { events, calls, options } = world(3_000)
    const pass = createBacklogPass(options)
    for (const { id } of events.toReversed()) {
      expect(await pass.event(id, 12)).toMatchObject({ id })
      expect(await pass.status(id, null)).toMatchObject({ status: 'APPROVED' })
    }
    expect((calls.events + calls.identities) / events.length).toBeLessThanOrEqual(0.05)
    await pass.close()
  })

  it('F49: confirms an event as soon as its own status is known, while the pass continues', async () => {
    const { options, events } = world(3_000)
    const gate = Promise.withResolvers<void>()
    const lastAt = Date.parse(events[2_999]!.createdAt)
    const pass = createBacklogPass({
      ...options,
      listEvents: async (fromMs, cursor) => {
        if (fromMs > lastAt - 60_000) await gate.promise
        return options.listEvents(fromMs, cursor)
      },
    })
    expect(await pass.event('e1', 12)).toMatchObject({ id: 'e1' })
    expect(await pass.status('e1', null)).toMatchObject({ status: 'APPROVED' })
    gate.resolve()
    expect(await pass.event('e2999', 12)).toMatchObject({ id: 'e2999' })
    await pass.close()
  })

  it('F49: reads again in one pass the statuses that will be too old when they are needed', async () => {
    const { events, waiting, calls, options, pass: wait } = world(3_000)
    const pass = createBacklogPass(options)
    const order = events.toSorted((one, other) => (Number(one.id.slice(1)) % 7) - (Number(other.id.slice(1)) % 7))
    waiting.sort((one, other) => order.findIndex(({ id }) => id === one.eventId) - order.findIndex(({ id }) => id === other.eventId))
    for (const [index, { id }] of order.entries()) {
      await pass.event(id, 12)
      expect(await pass.status(id, null)).toMatchObject({ status: 'APPROVED' })
      waiting.shift()
      wait(50)
      if (index % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect((calls.events + calls.identities) / events.length).toBeLessThanOrEqual(0.05)
    await pass.close()
  })

  it('reads nothing while few reads are in progress or few events wait', async () => {
    const many = world(500)
    expect(await createBacklogPass(many.options).event('e1', 3)).toBeNull()
    const few = world(100)
    expect(await createBacklogPass(few.options).event('e1', 50)).toBeNull()
    expect([many.calls.events, few.calls.events]).toEqual([0, 0])
  })

  it('gives no status for an onboarding that has changed since the pass began', async () => {
    const { options, versions } = world(500)
    versions.set('i7', 3)
    const pass = createBacklogPass(options)
    await pass.event('e7', 12)
    expect(await pass.status('e7', 4)).toBeNull()
    await pass.event('e8', 12)
    expect(await pass.status('e8', 1)).toBeNull() // there was no onboarding when the pass began
    await pass.event('e9', 12)
    expect(await pass.status('e9', null)).toMatchObject({ status: 'APPROVED' })
    expect(await pass.status('e9', null)).toBeNull() // once: a second decision reads the status again
  })

  it('gives no status to an event that came after the pass began, even when its identity was on a page', async () => {
    const { options, waiting, events, statuses } = world(500)
    const late = waiting.pop()!
    const pass = createBacklogPass(options)
    await pass.event('e1', 12)
    await pass.status('e1', null)
    waiting.push(late)
    statuses.set(events[499]!.identityId!, 'DISABLED')
    expect(await pass.event(late.eventId, 1)).toMatchObject({ id: late.eventId }) // the event itself never changes
    expect(await pass.status(late.eventId, null)).toBeNull()
  })

  describe('a status that was read more than 2 min ago', () => {
    /** A pass that has read the status of e2, some time ago. */
    async function readLongAgo(ms: number, change: (options: BacklogPassOptions) => Partial<BacklogPassOptions> = () => ({})) {
      const all = world(500)
      const pass = createBacklogPass({ ...all.options, ...change(all.options) })
      await pass.event('e1', 12)
      expect(await pass.status('e1', null)).toMatchObject({ status: 'APPROVED' })
      all.pass(ms)
      return { ...all, status: () => pass.status('e2', null), before: { ...all.calls } }
    }

    it('F49: is used when the list of changes does not name its identity: one page stands for all of them', async () => {
      const { status, calls, before } = await readLongAgo(290_000)
      expect(await status()).toMatchObject({ status: 'APPROVED' })
      expect(calls).toEqual({ events: before.events, identities: before.identities + 1 })
    })

    it('is read again when its identity has changed', async () => {
      const { status, change } = await readLongAgo(290_000)
      change('i2', 'DISABLED')
      expect((await status())?.status).not.toBe('APPROVED')
    })

    it('is read again when the changes cannot be read', async () => {
      const { status, statuses } = await readLongAgo(120_000, ({ listIdentities }) => ({
        listIdentities: async (window, cursor) => {
          if (window.untilMs === undefined) throw new PaxosUnavailableError({ operation: 'identities.list' })
          return listIdentities(window, cursor)
        },
      }))
      statuses.set('i2', 'DISABLED')
      expect((await status())?.status).not.toBe('APPROVED')
    })

    it('is read again after 60 min, changed or not', async () => {
      const { status, calls, before } = await readLongAgo(3_600_000)
      await status()
      expect(calls.identities).toBeGreaterThan(before.identities + 1)
    })
  })

  it('F49: a status on which nothing was decided serves its event again', async () => {
    const { options, calls } = world(500)
    const pass = createBacklogPass(options)
    await pass.event('e1', 12)
    expect(await pass.status('e1', null)).toMatchObject({ status: 'APPROVED' })
    pass.unused('e1')
    const before = { ...calls }
    expect(await pass.status('e1', 1)).toBeNull() // another version
    pass.unused('e1')
    expect(await pass.status('e1', null)).toBeNull() // it was for no version of the onboarding
    expect(calls).toEqual(before)
    await pass.event('e3', 12)
    await pass.status('e3', null)
    pass.unused('e3')
    expect(await pass.status('e3', null)).toMatchObject({ status: 'APPROVED' })
  })

  it('F50: reports an event that Paxos does not list once, and signals when most waiting events are absent', async () => {
    const { options, onMostlyAbsent } = world(50, { forged: 1_000 })
    const pass = createBacklogPass(options)
    expect(await pass.event('f1', 12)).toEqual({ absentSince: START + 3_600_000 })
    expect(await pass.event('f1', 1)).toBeNull()
    expect(onMostlyAbsent).toHaveBeenCalledWith(expect.arrayContaining(['e0', 'e49']), 1_000)
    await pass.close()
  })

  it('leaves the reading to single calls when the versions cannot be read', async () => {
    const { options } = world(500)
    const versions = () => Promise.reject(new Error('Postgres is away'))
    const pass = createBacklogPass({ ...options, backlog: { ...options.backlog, versions } })
    expect(await pass.event('e1', 12)).toMatchObject({ id: 'e1' })
    expect(await pass.status('e1', null)).toBeNull()
  })

  it('leaves the reading to single calls when a listing fails', async () => {
    const { options } = world(500)
    const pass = createBacklogPass({
      ...options,
      listEvents: () => Promise.reject(new PaxosUnavailableError({ operation: 'events.list' })),
    })
    expect(await pass.event('e1', 12)).toBeNull()
    expect(await pass.status('e1', null)).toBeNull()
  })
})
