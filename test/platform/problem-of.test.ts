import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { createUseCases, type UseCaseParts } from '../../src/operate/create-use-cases.ts'
import type { OperatorActions } from '../../src/operate/use-cases.ts'
import type { UpstreamPace } from '../../src/paxos/upstream-pace.ts'
import { AppError, type RetryClass, UsageError } from '../../src/platform/app-error.ts'
import { problemOf } from '../../src/platform/problem-of.ts'
import type { EventQueue } from '../../src/queue/event-queue.ts'
import { NO_TRADING } from '../operate/no-trading.ts'
import { startSilentServer } from '../support/silent-server.ts'
import { createTestDatabase } from '../support/test-database.ts'

class SomeError extends AppError {
  readonly code: string
  readonly retry: RetryClass
  readonly retryAfterMs: number | undefined
  constructor(code: string, retry: RetryClass, retryAfterMs?: number) {
    super('it happened')
    this.code = code
    this.retry = retry
    this.retryAfterMs = retryAfterMs
  }
}

/** The use cases of a database. In these tests, none goes further than the database. */
const unused = (pool: pg.Pool): UseCaseParts => ({
  pool,
  now: Date.now,
  ...NO_TRADING,
  queue: {} as EventQueue,
  pace: {} as UpstreamPace,
  actions: {} as OperatorActions,
  roster: { live: async () => [] },
  world: { queue: 'Postgres', upstream: null, simulated: true },
  sweepEverySeconds: null,
  askPaxos: async () => undefined,
  missingScopes: async () => [],
})

describe('the answer to an error of a use case', () => {
  it.each<[string, RetryClass, number]>([
    ['IDEMPOTENCY_KEY_REUSED', 'never', 422],
    ['PERSON_ALREADY_KNOWN', 'never', 409],
    ['REPLAY_STATE', 'never', 409],
    ['PAXOS_REJECTED', 'never', 422],
    ['PAXOS_SCOPE_MISSING', 'never', 502],
    ['PAXOS_UNAVAILABLE', 'snooze', 503],
    ['PAXOS_OUTCOME_UNKNOWN', 'ask-first', 503],
    ['ANYTHING', 'backoff', 503],
    ['OURS', 'never', 500],
  ])('for %s (%s) has the status %i', (code, retry, status) => {
    expect(problemOf(new SomeError(code, retry))).toMatchObject({ status, code })
  })

  it('F32: gives the advice that fits the route', () => {
    const away = new SomeError('PAXOS_UNAVAILABLE', 'snooze')
    const unknown = new SomeError('PAXOS_OUTCOME_UNKNOWN', 'ask-first')
    expect(problemOf(away, 'reads')).toMatchObject({ message: 'it happened Try again: reading changes nothing.' })
    for (const error of [away, unknown]) {
      expect(problemOf(error, 'under-key')).toMatchObject({ message: expect.stringContaining('same Idempotency-Key') })
      expect(problemOf(error, 'acts-again')).toMatchObject({
        message: expect.stringMatching(/^(?!.*Idempotency-Key).*Check what was done/),
      })
    }
    expect(problemOf(unknown, 'under-key')).toMatchObject({ message: expect.not.stringContaining('it happened') })
  })

  it('says when to try again, in whole seconds and at least one', () => {
    expect(problemOf(new SomeError('PAXOS_CIRCUIT_OPEN', 'snooze', 1_200))).toMatchObject({ retryAfterSeconds: 2 })
    expect(problemOf(new SomeError('PAXOS_CIRCUIT_OPEN', 'snooze', 0))).toMatchObject({ retryAfterSeconds: 1 })
    expect(problemOf(new SomeError('PAXOS_UNAVAILABLE', 'snooze'))).toMatchObject({ retryAfterSeconds: 5 })
  })

  it('names the field that the error names', () => {
    expect(problemOf(new UsageError('1 to 10', { field: 'limit' }))).toMatchObject({
      status: 400,
      errors: [{ field: 'limit', message: '1 to 10' }],
    })
    expect(problemOf(new UsageError('unknown thing'))).toMatchObject({ status: 400, errors: undefined })
  })

  it('is 503 when either client reports that the database is away or does not answer', async () => {
    for (const port of [9, await startSilentServer()]) {
      const pool = new pg.Pool({ host: '127.0.0.1', port, connectionTimeoutMillis: 200 })
      const useCases = createUseCases(unused(pool))
      for (const read of [() => useCases.listEvents({ limit: 1 }), () => useCases.listAudit({ limit: 1 })]) {
        const away = await read().catch((error: unknown) => error)
        expect(problemOf(away)).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 5 })
      }
      await pool.end()
    }
  })

  it('is 503 when the server cancels a statement or ends the connection', async () => {
    const database = await createTestDatabase()
    const pool = new pg.Pool({ connectionString: database.url, statement_timeout: 100 })
    pool.on('error', () => {})
    const holder = new pg.Client({ connectionString: database.url })
    await holder.connect()
    await holder.query('BEGIN; LOCK TABLE inbox_event, audit_entry IN ACCESS EXCLUSIVE MODE')
    const useCases = createUseCases(unused(pool))
    for (const read of [() => useCases.listEvents({ limit: 1 }), () => useCases.listAudit({ limit: 1 })]) {
      const cut = await read().catch((error: unknown) => error)
      expect(problemOf(cut)).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' })
    }
    await holder.end()
    await pool.end()
    await database.drop()
  })

  it.each([
    ['the disk is full', '53100'],
    ['the disk fails', '58030'],
    ['the database is read-only, as after a failover', '25006'],
    ['the statement lost a deadlock', '40P01'],
  ])('is 503 when %s', (_why, code) => {
    expect(problemOf(Object.assign(new Error('what Postgres says'), { code }))).toMatchObject({ status: 503 })
  })

  it('leaves every other fault to the server', () => {
    const fault = new TypeError('x is not a function')
    expect(problemOf(fault)).toBe(fault)
  })
})
