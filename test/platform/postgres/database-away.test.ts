import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { isDatabaseAway } from '../../../src/platform/postgres/database-away.ts'
import { createPool } from '../../../src/platform/postgres/postgres.ts'
import { createPrisma } from '../../../src/platform/postgres/prisma.ts'
import { HttpProblem } from '../../../src/platform/problem.ts'
import { problemOf } from '../../../src/platform/problem-of.ts'

const systemError = (code: string, syscall?: string): Error =>
  Object.assign(new Error(`${syscall ?? 'read'} ${code}`), { code, ...(syscall ? { syscall } : {}) })

/** A pool for a host name that the resolver answers with `code`. */
function poolWithoutHost(code: string) {
  const real = dns.lookup
  const failing = (_host: string, _options: unknown, callback: (error: Error) => void): void => {
    setImmediate(callback, systemError(code, 'getaddrinfo'))
  }
  vi.spyOn(dns, 'lookup').mockImplementation(failing as unknown as typeof real)
  syncBuiltinESMExports()
  const pool = createPool({ connectionString: 'postgres://user:secret@db.internal/app', max: 1, applicationName: 'away test' })
  onTestFinished(async () => {
    vi.restoreAllMocks()
    syncBuiltinESMExports()
    await pool.end()
  })
  return pool
}

describe('c11: an unreachable database host', () => {
  it.each(['EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA', 'EAI_SYSTEM', 'ENOTFOUND', 'EBUSY'])(
    'is an outage when the resolver answers %s, for pg and for Prisma, and 503 with Retry-After at the API',
    async (code) => {
      const pool = poolWithoutHost(code)
      for (const ask of [() => pool.query('SELECT 1'), () => createPrisma(pool).inboxEvent.count()]) {
        const error = await Promise.resolve(ask()).catch((reason: unknown) => reason)
        expect(isDatabaseAway(error)).toBe(true)
        const problem = problemOf(error)
        expect(problem).toBeInstanceOf(HttpProblem)
        expect(problem).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: expect.any(Number) })
      }
    },
  )

  it.each([
    'EHOSTUNREACH',
    'ENETUNREACH',
    'EHOSTDOWN',
    'ENETDOWN',
    'ECONNABORTED',
    'EADDRNOTAVAIL',
    'EMFILE',
    'ECONNREFUSED',
    'ENOENT',
    'EACCES',
  ])('is an outage when the connection fails with %s', (code) => expect(isDatabaseAway(systemError(code, 'connect'))).toBe(true))

  it.each(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ESERVFAIL', 'ETIMEOUT'])('is an outage when only the code %s is known', (code) =>
    expect(isDatabaseAway(systemError(code))).toBe(true),
  )

  it.each([
    ['a missing file', systemError('ENOENT', 'open')],
    ['a data fault', Object.assign(new Error('duplicate key'), { code: '23505' })],
    ['a bug', new TypeError('undefined is not a function')],
  ])('is distinct from %s', (_, error) => expect(isDatabaseAway(error)).toBe(false))
})
