import { randomUUID } from 'node:crypto'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import pg from 'pg'
import { Registry } from 'prom-client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { type AcceptorOptions, createEventAcceptor, type EventAcceptor } from '../../src/inbox/accept-events.ts'
import type { OpenEvent } from '../../src/inbox/complete-events.ts'
import { numbersAreBehind } from '../../src/inbox/event-numbers.ts'
import { insertEvents } from '../../src/inbox/insert-events.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { holdLocks, sessionsWaiting } from '../support/row-locks.ts'
import { execute } from '../support/template-database.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { receivedEvent } from './received-event.ts'

/** The limit for what comes at once on a quiet machine. */
const PATIENCE = { timeout: 20_000 }

let database: Awaited<ReturnType<typeof createTestDatabase>>
let pool: pg.Pool
const open: EventAcceptor[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  pool = createPool({ connectionString: database.url, max: 4, applicationName: 'test' })
})
beforeEach(() => pool.query('TRUNCATE inbox_event'))
afterEach(async () => {
  await Promise.all(open.splice(0).map((acceptor) => acceptor.close()))
})
afterAll(async () => {
  await pool.end()
  await database.drop()
})

function startAcceptor(options: Partial<AcceptorOptions> = {}): EventAcceptor {
  const acceptor = createEventAcceptor({
    connectionString: database.url,
    logger: createLogger({ level: 'silent' }),
    metrics: new Registry(),
    ...options,
  })
  open.push(acceptor)
  return acceptor
}

/** A logger, and the lines that it got. */
function recordingLogger(): { lines: { level: number; msg: string }[]; logger: AcceptorOptions['logger'] } {
  const lines: { level: number; msg: string }[] = []
  return { lines, logger: createLogger({ level: 'info', destination: { write: (line) => lines.push(JSON.parse(line)) } }) }
}

/** A database on a server whose settings are different, as far as its sessions can see. */
async function databaseWithSettings(settings: Record<string, string>): Promise<{ url: string }> {
  const own = await createTestDatabase()
  onTestFinished(() => own.drop())
  const client = new pg.Client({ connectionString: own.url })
  await client.connect()
  await client.query(`CREATE FUNCTION public.current_setting(name text) RETURNS text LANGUAGE sql AS
    $$ SELECT coalesce('${JSON.stringify(settings)}'::jsonb ->> name, pg_catalog.current_setting(name)) $$`)
  await client.end()
  const url = new URL(own.url)
  url.searchParams.set('options', '-c search_path=public,pg_catalog') // only the URL can: our sessions override the database's setting
  return { url: url.href }
}

async function storedRows(): Promise<Record<string, unknown>[]> {
  return (await pool.query('SELECT * FROM inbox_event ORDER BY seq')).rows
}

/** Waits until an acceptor waits for a locked row. */
async function waitsForLock(): Promise<void> {
  await vi.waitFor(async () => expect(await sessionsWaiting(pool, { applicationName: 'gatehouse inbox' })).toBeGreaterThan(0), PATIENCE)
}

/** Locks the event's row as another transaction would, so that accepting it hangs until `release`. */
async function holdEvent(eventId: string): Promise<{ waitedFor: () => Promise<void>; release: () => Promise<void> }> {
  const insert = `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin) VALUES ($1, 'x', now(), false, 'sweep')`
  return { waitedFor: waitsForLock, release: await holdLocks(pool, insert, [eventId]) }
}

/** A line to the database that can go silent without breaking, as behind a firewall that forgets connections. */
async function silenceableLine(to: string): Promise<{ url: string; silence: () => void; restore: () => void; close: () => Promise<void> }> {
  const target = new URL(to)
  const sockets = new Set<Socket>()
  let silent = false
  const server = createServer((near) => {
    const far = connect(Number(target.port || 5432), target.hostname)
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (chunk) => {
        if (!silent) into.write(chunk)
      })
      from.on('error', () => into.destroy())
      from.on('close', () => into.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(to)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    silence: () => {
      silent = true
    },
    restore: () => {
      silent = false
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

describe('when an event arrives for the first time', () => {
  it('it is committed before the answer, and due to the dispatcher in 15 s', async () => {
    const event = receivedEvent({ type: 'identity.documents_required' })
    expect(await startAcceptor().accept(event)).toBe('accepted')
    const [row] = await storedRows()
    expect(row).toMatchObject({
      event_id: event.eventId,
      type: 'identity.documents_required',
      occurred_at: event.occurredAt,
      is_test: false,
      origin: 'webhook',
      body_sha256: Buffer.from(event.bodySha256!, 'hex'),
      delivery_count: 1,
      trust: 'hint',
      state: 'accepted',
      generation: 0,
    })
    expect((row!.due_at as Date).getTime() - (row!.received_at as Date).getTime()).toBe(15_000)
  })

  it('an unknown type is kept, with any characters', async () => {
    const type = `brand.new "type" \\ {a,b} ' ünïcode`
    expect(await startAcceptor().accept(receivedEvent({ type }))).toBe('accepted')
    expect(await storedRows()).toMatchObject([{ type }])
  })
})

describe('when an event arrives again', () => {
  it('the answer is `duplicate`, and the delivery counts in the existing row', async () => {
    const acceptor = startAcceptor()
    const event = receivedEvent()
    expect([await acceptor.accept(event), await acceptor.accept(event), await acceptor.accept(event)]).toEqual([
      'accepted',
      'duplicate',
      'duplicate',
    ])
    expect(await storedRows()).toMatchObject([{ delivery_count: 3 }])
  })

  it('of fifty deliveries at the same time to two receivers, one is accepted', async () => {
    const event = receivedEvent()
    const acceptors = [startAcceptor(), startAcceptor({ writers: 2 })]
    const statuses = await Promise.all(Array.from({ length: 50 }, (_, i) => acceptors[i % 2]!.accept(event)))
    expect(statuses.filter((status) => status === 'accepted')).toHaveLength(1)
    expect(statuses.filter((status) => status === 'duplicate')).toHaveLength(49)
    expect(await storedRows()).toMatchObject([{ delivery_count: 50 }])
  })

  it('the outcome of the event stays the same', async () => {
    const acceptor = startAcceptor()
    const event = receivedEvent()
    await acceptor.accept(event)
    await pool.query(`UPDATE inbox_event SET state = 'processed', outcome = 'moved:ready', completed_at = now()`)
    expect(await acceptor.accept({ ...event, type: 'identity.denied', bodySha256: 'ff'.repeat(32) })).toBe('duplicate')
    expect(await storedRows()).toMatchObject([{ state: 'processed', outcome: 'moved:ready', type: 'identity.approved', delivery_count: 2 }])
    expect((await pool.query(`SELECT encode(body_sha256, 'hex') AS sha FROM inbox_event`)).rows).toEqual([{ sha: event.bodySha256 }])
  })

  it('the event stays as it came first, also of two different deliveries in one commit', async () => {
    const acceptor = startAcceptor()
    const event = receivedEvent()
    const twin = { ...event, type: 'identity.denied', bodySha256: 'ff'.repeat(32) }
    expect(await Promise.all([acceptor.accept(event), acceptor.accept(twin)])).toEqual(['accepted', 'duplicate'])
    const body_sha256 = Buffer.from(event.bodySha256!, 'hex')
    expect(await storedRows()).toMatchObject([{ type: 'identity.approved', body_sha256, delivery_count: 2 }])
  })

  it('the rows are locked in the order of the ids when many come together, so that receivers do not deadlock', async () => {
    const acceptor = startAcceptor({ timeoutMs: 20_000 })
    const events = Array.from({ length: 10 }, () => receivedEvent()).sort((a, b) => (a.eventId < b.eventId ? -1 : 1))
    await Promise.all(events.map(acceptor.accept))
    const release = await holdLocks(pool, 'SELECT FROM inbox_event WHERE event_id = $1 FOR UPDATE', [events[0]!.eventId])
    const again = Promise.all([...events.slice(5), ...events.slice(0, 5)].map(acceptor.accept))
    await waitsForLock()
    // It waits for the first row and has locked none of the others.
    expect((await pool.query('SELECT FROM inbox_event WHERE event_id <> $1 FOR UPDATE NOWAIT', [events[0]!.eventId])).rowCount).toBe(9)
    await release()
    expect(await again).toEqual(Array(10).fill('duplicate'))
    expect((await storedRows()).map(({ delivery_count }) => delivery_count)).toEqual(Array(10).fill(2))
  })
})

describe('when the sweep finds an event', () => {
  it('it is stored without a delivery, and a late delivery counts and adds its hash', async () => {
    const acceptor = startAcceptor()
    const event = receivedEvent()
    expect(await acceptor.accept({ ...event, origin: 'sweep', bodySha256: null })).toBe('accepted')
    expect(await storedRows()).toMatchObject([{ origin: 'sweep', delivery_count: 0, body_sha256: null }])
    expect(await acceptor.accept(event)).toBe('duplicate')
    expect(await storedRows()).toMatchObject([{ origin: 'sweep', delivery_count: 1, body_sha256: Buffer.from(event.bodySha256!, 'hex') }])
  })
})

describe('when a test event arrives', () => {
  it('it is recorded, inert, and not queued', async () => {
    const announced: { seq: string }[][] = []
    const acceptor = startAcceptor({ onAccepted: (events) => announced.push(events) })
    const test = receivedEvent({ isTest: true })
    expect([await acceptor.accept(test), await acceptor.accept(test)]).toEqual(['test', 'test'])
    await acceptor.accept(receivedEvent())
    const [first, second] = await storedRows()
    expect(first).toMatchObject({ event_id: test.eventId, is_test: true, state: 'test', delivery_count: 2 })
    await vi.waitFor(() => expect(announced).toEqual([[{ seq: second!.seq, generation: 0, batch: null }]]), PATIENCE)
  })

  it('the id can still become a real event, which is then unfinished work', async () => {
    const acceptor = startAcceptor()
    const event = receivedEvent()
    await acceptor.accept({ ...event, isTest: true })
    await acceptor.accept(event)
    expect(await storedRows()).toMatchObject([{ is_test: false, state: 'accepted' }])
  })

  it('a real event cannot become a test event, nor in the same commit', async () => {
    const acceptor = startAcceptor()
    const [first, second] = [receivedEvent(), receivedEvent()]
    expect([await acceptor.accept(first), await acceptor.accept({ ...first, isTest: true })]).toEqual(['accepted', 'duplicate'])
    expect(await Promise.all([acceptor.accept({ ...second, isTest: true }), acceptor.accept(second)])).toEqual(['duplicate', 'accepted'])
    expect(await storedRows()).toMatchObject([
      { is_test: false, state: 'accepted', delivery_count: 2 },
      { is_test: false, state: 'accepted', delivery_count: 2 },
    ])
  })
})

describe('when events were accepted', () => {
  it('those of one commit share jobs evenly, at most sixteen each, and a single one has its own', async () => {
    const announced: OpenEvent[] = []
    const acceptor = startAcceptor({ onAccepted: (events) => announced.push(...events) })
    await acceptor.accept(receivedEvent())
    await vi.waitFor(() => expect(announced).toHaveLength(1), PATIENCE)
    await Promise.all([receivedEvent(), receivedEvent({ isTest: true })].map(acceptor.accept))
    await vi.waitFor(() => expect(announced).toMatchObject([{ batch: null }, { batch: null }]), PATIENCE)
    await Promise.all([receivedEvent({ isTest: true }), ...Array.from({ length: 33 }, () => receivedEvent())].map(acceptor.accept))
    await vi.waitFor(() => expect(announced).toHaveLength(35), PATIENCE)
    const jobs = Map.groupBy(announced.slice(2), ({ batch }) => batch)
    expect([...jobs].map(([batch, events]) => [batch === null, events.length])).toEqual([
      [false, 11],
      [false, 11],
      [false, 11],
    ])
    const { rows } = await pool.query('SELECT seq, generation, batch FROM inbox_event WHERE NOT is_test ORDER BY seq')
    expect(announced.toSorted((one, other) => Number(one.seq) - Number(other.seq))).toEqual(rows)
  })

  it('each new one is announced once, after its commit', async () => {
    const announced: string[] = []
    const visible: Promise<number>[] = []
    const acceptor = startAcceptor({
      onAccepted: (events) => {
        announced.push(...events.map(({ seq }) => seq))
        visible.push(pool.query('SELECT FROM inbox_event WHERE seq = ANY ($1)', [announced]).then(({ rowCount }) => rowCount ?? 0))
      },
    })
    const events = Array.from({ length: 20 }, () => receivedEvent())
    await Promise.all([...events, ...events].map(acceptor.accept))
    await vi.waitFor(() => expect(announced).toHaveLength(20), PATIENCE)
    expect(announced.toSorted()).toEqual((await storedRows()).map(({ seq }) => seq).toSorted())
    expect(await visible.at(-1)).toBe(20)
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('the queue is away')
      },
    ],
    ['rejects', () => Promise.reject(new Error('the queue is away'))],
    ['never ends', () => new Promise(() => {})],
  ])('the answer still comes when the announcement %s', async (_how, onAccepted) => {
    const acceptor = startAcceptor({ onAccepted })
    expect(await acceptor.accept(receivedEvent())).toBe('accepted')
    expect(await acceptor.accept(receivedEvent())).toBe('accepted')
  })
})

describe('when the data of one event cannot be stored', () => {
  it.each([{ type: 'nul \u0000 byte' }, { eventId: 'nul \u0000 byte' }])(
    'that event is refused and its neighbours are committed: %o',
    async (fault) => {
      const acceptor = startAcceptor()
      const bad = receivedEvent(fault)
      const outcomes = await Promise.allSettled([receivedEvent(), bad, receivedEvent(), receivedEvent()].map(acceptor.accept))
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
      expect(await storedRows()).toHaveLength(3)
    },
  )
})

describe('when the connection breaks during a commit', () => {
  it('events in flight are rejected, and the next ones are accepted on a new connection', async () => {
    const acceptor = startAcceptor()
    const event = receivedEvent()
    const held = await holdEvent(event.eventId)
    const inFlight = expect(acceptor.accept(event)).rejects.toMatchObject({ code: 'INBOX_UNAVAILABLE', retry: 'snooze' })
    await held.waitedFor()
    await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gatehouse inbox'`,
    )
    await inFlight
    await held.release()
    await vi.waitFor(() => acceptor.accept(event), PATIENCE)
    expect(await storedRows()).toMatchObject([{ event_id: event.eventId }])
  })

  it('an idle broken connection is replaced without a refusal', async () => {
    const acceptor = startAcceptor()
    await acceptor.accept(receivedEvent())
    await pool.query(
      `SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'gatehouse inbox'`,
    )
    expect(await acceptor.accept(receivedEvent())).toBe('accepted')
  })
})

describe('when the database does not answer', () => {
  it('the acceptor gives up after the timeout, and accepts again once it answers', async () => {
    const acceptor = startAcceptor({ timeoutMs: 300 })
    const event = receivedEvent()
    const held = await holdEvent(event.eventId)
    const started = performance.now()
    await expect(acceptor.accept(event)).rejects.toMatchObject({ code: 'INBOX_UNAVAILABLE' })
    expect(performance.now() - started).toBeLessThan(2_000)
    await held.release()
    await vi.waitFor(() => acceptor.accept(event), PATIENCE)
    expect(await storedRows()).toMatchObject([{ event_id: event.eventId }])
  })

  it('the acceptor gives up a connection that has gone silent', async () => {
    const line = await silenceableLine(database.url)
    const acceptor = startAcceptor({ connectionString: line.url, timeoutMs: 300 })
    expect(await acceptor.accept(receivedEvent())).toBe('accepted')
    line.silence()
    await expect(acceptor.accept(receivedEvent())).rejects.toMatchObject({ code: 'INBOX_UNAVAILABLE' })
    line.restore()
    await vi.waitFor(async () => expect(await acceptor.accept(receivedEvent())).toBe('accepted'), PATIENCE)
    await open.pop()!.close()
    await line.close()
  })

  it('events and the readiness check are rejected at once when the port is closed', async () => {
    const acceptor = startAcceptor({ connectionString: 'postgres://nobody@127.0.0.1:1/nothing' })
    const cause = expect.objectContaining({ code: 'ECONNREFUSED' })
    await expect(acceptor.accept(receivedEvent())).rejects.toMatchObject({ code: 'INBOX_UNAVAILABLE', cause })
    await expect(acceptor.checkAccepting()).rejects.toThrow()
  })

  it('all waiting events are refused at once after a failure, not one timeout after the other', async () => {
    const acceptor = startAcceptor({ timeoutMs: 300, maxBatch: 1 })
    const events = Array.from({ length: 20 }, () => receivedEvent())
    const held = await Promise.all([holdEvent(events[0]!.eventId)])
    const started = performance.now()
    const outcomes = await Promise.allSettled(events.map(acceptor.accept))
    expect(performance.now() - started).toBeLessThan(1_500)
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true)
    await held[0]!.release()
  })

  it('a burst beyond the waiting room is refused', async () => {
    const acceptor = startAcceptor({ maxBatch: 1, maxWaiting: 5 })
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => acceptor.accept(receivedEvent())))
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
    expect(refused.length).toBe(45)
    expect(refused.every(({ reason }) => reason.code === 'WAITING_ROOM_FULL' && reason.retry === 'snooze')).toBe(true)
    expect(await storedRows()).toHaveLength(5)
  })
})

describe('c07: when the rows were copied without their sequence', () => {
  /** Sets the sequence to the number of the first row. */
  const restart = (): Promise<unknown> => pool.query(`SELECT setval('inbox_event_seq_seq', min(seq), false) FROM inbox_event`)
  const fill = async (acceptor: EventAcceptor, count = 3): Promise<void> => {
    for (let n = 0; n < count; n += 1) await acceptor.accept(receivedEvent())
  }

  it('the acceptor advances the sequence and accepts the event, and those with it', async () => {
    const { lines, logger } = recordingLogger()
    const acceptor = startAcceptor({ logger })
    await fill(acceptor)
    await restart()
    expect(await Promise.all([1, 2, 3].map(() => acceptor.accept(receivedEvent())))).toEqual(['accepted', 'accepted', 'accepted'])
    expect(await storedRows()).toHaveLength(6)
    expect(lines).toMatchObject([{ level: 40, msg: expect.stringContaining('numbers of inbox_event were behind') }])
  })

  it('the readiness check advances it too, since a receiver that is not ready gets no events', async () => {
    const acceptor = startAcceptor()
    await fill(acceptor)
    await restart()
    expect(await numbersAreBehind(pool)).toBe(true)
    await acceptor.checkAccepting()
    expect(await numbersAreBehind(pool)).toBe(false)
  })

  it('the acceptor refuses events for a while, and says that it is not ready and what to run, when its role may not advance the sequence', async () => {
    const own = await createTestDatabase()
    onTestFinished(() => own.drop())
    const role = `receiver_${randomUUID().slice(0, 8)}`
    await execute(own.url, `CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
    onTestFinished(() => execute(database.url, `DROP ROLE ${role}`))
    onTestFinished(() => execute(own.url, `DROP OWNED BY ${role}`))
    await execute(
      own.url,
      `GRANT SELECT, INSERT, UPDATE ON inbox_event TO ${role}; GRANT USAGE, SELECT ON SEQUENCE inbox_event_seq_seq TO ${role}`,
    )
    const metrics = new Registry()
    const url = Object.assign(new URL(own.url), { username: role, password: 'secret' }).href
    const acceptor = startAcceptor({ connectionString: url, metrics })
    await fill(acceptor)
    await acceptor.checkAccepting() // numbers that are not behind are left alone, so that a role without the right is ready
    await execute(own.url, 'ALTER SEQUENCE inbox_event_seq_seq RESTART WITH 1')
    await expect(acceptor.accept(receivedEvent())).rejects.toMatchObject({ code: 'INBOX_UNAVAILABLE' })
    expect(await metrics.metrics()).toContain('gatehouse_inbox_failures_total 1')
    await expect(acceptor.checkAccepting()).rejects.toThrow(/Run as the owner: SELECT setval/)
    await open.pop()!.close()
  })
})

describe('when commits would not wait for the disk', () => {
  it('the acceptor sets synchronous_commit on its own session when the database turns it off', async () => {
    const own = await createTestDatabase()
    try {
      await pool.query(`ALTER DATABASE "${new URL(own.url).pathname.slice(1)}" SET synchronous_commit = off`)
      expect(await startAcceptor({ connectionString: own.url }).accept(receivedEvent())).toBe('accepted')
      await open.pop()!.close()
    } finally {
      await own.drop()
    }
  })

  it('the acceptor says so and accepts nothing when a session still has it off', async () => {
    const own = await databaseWithSettings({ synchronous_commit: 'off' })
    const acceptor = startAcceptor({ connectionString: own.url })
    await expect(acceptor.accept(receivedEvent())).rejects.toMatchObject({
      code: 'INBOX_UNAVAILABLE',
      message: expect.stringContaining('synchronous_commit'),
    })
    await open.pop()!.close()
  })

  it('the acceptor warns once about a server that never waits for its disk', async () => {
    const own = await databaseWithSettings({ fsync: 'off' })
    const { lines, logger } = recordingLogger()
    const acceptor = startAcceptor({ connectionString: own.url, logger, writers: 2, maxBatch: 1 })
    await Promise.all(Array.from({ length: 20 }, () => acceptor.accept(receivedEvent())))
    await open.pop()!.close()
    expect(lines).toMatchObject([{ level: 40, msg: expect.stringContaining('fsync=off') }])
    await startAcceptor({ logger }).accept(receivedEvent())
    expect(lines).toHaveLength(1)
  })

  it('the acceptor inserts nothing on a session that still has it off', async () => {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    const insert = insertEvents([
      {
        id: randomUUID(),
        type: 'x',
        at: new Date(),
        test: false,
        origin: 'webhook',
        sha: null,
        deliveries: 1,
        batch: null,
        keySlot: null,
        source: null,
        trace: null,
      },
    ])
    await client.query('SET synchronous_commit = off')
    expect((await client.query(insert)).rowCount).toBe(0)
    await client.query('SET synchronous_commit = on')
    expect((await client.query(insert)).rowCount).toBe(1)
    await client.end()
  })
})

describe('metrics and log of the acceptor', () => {
  it('count its commits, the events of each, and those that wait', async () => {
    const metrics = new Registry()
    const acceptor = startAcceptor({ metrics, maxBatch: 3 })
    await Promise.all(Array.from({ length: 3 }, () => acceptor.accept(receivedEvent())))
    const event = receivedEvent()
    const held = await holdEvent(event.eventId)
    const first = acceptor.accept(event)
    await held.waitedFor()
    const others = [1, 2].map(() => acceptor.accept(receivedEvent()))
    const lines = (await metrics.metrics()).split('\n')
    await held.release()
    await Promise.all([first, ...others])
    const batches = 'gatehouse_inbox_batch_events'
    expect(lines).toEqual(
      expect.arrayContaining([
        ...[`${batches}_bucket{le="1"} 0`, `${batches}_bucket{le="2"} 0`, `${batches}_bucket{le="4"} 1`, `${batches}_bucket{le="256"} 1`],
        ...[`${batches}_sum 3`, `${batches}_count 1`, 'gatehouse_inbox_commit_seconds_count 1'],
        ...['gatehouse_inbox_commit_seconds_bucket{le="2"} 1', 'gatehouse_inbox_waiting_events 2', 'gatehouse_inbox_failures_total 0'],
      ]),
    )
  })

  it('tell once that it cannot commit and once that it can again, and count each failure', async () => {
    const { lines, logger } = recordingLogger()
    const metrics = new Registry()
    const event = receivedEvent()
    const acceptor = startAcceptor({ logger, metrics, timeoutMs: 1_000 })
    const held = await holdEvent(event.eventId)
    for (const _ of [1, 2]) await expect(acceptor.accept(event)).rejects.toMatchObject({ code: 'INBOX_UNAVAILABLE' })
    await held.release()
    await vi.waitFor(() => acceptor.accept(event), PATIENCE)
    await acceptor.accept(receivedEvent())
    expect(lines.map(({ level }) => level)).toEqual([50, 30])
    const failures = /^gatehouse_inbox_failures_total (\d+)$/m.exec(await metrics.metrics())?.[1]
    expect(Number(failures)).toBeGreaterThan(1)
  })

  it('warn when accepted events were not queued', async () => {
    const { lines, logger } = recordingLogger()
    await startAcceptor({ logger, onAccepted: () => Promise.reject(new Error('the queue is away')) }).accept(receivedEvent())
    await vi.waitFor(() => expect(lines).toMatchObject([{ level: 40, events: 1 }]), PATIENCE)
    await startAcceptor({ logger }).accept(receivedEvent()) // no announcement
    await new Promise(setImmediate)
    expect(lines).toHaveLength(1)
  })
})

describe('when the acceptor closes', () => {
  it('it commits accepted events first', async () => {
    const acceptor = startAcceptor({ maxBatch: 2 })
    const taken = Array.from({ length: 10 }, () => acceptor.accept(receivedEvent()))
    await open.pop()!.close()
    expect(new Set(await Promise.all(taken))).toEqual(new Set(['accepted']))
    expect(await storedRows()).toHaveLength(10)
    await expect(acceptor.accept(receivedEvent())).rejects.toMatchObject({ retry: 'snooze' })
  })
})
