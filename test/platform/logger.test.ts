import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createLogger, type Logger } from '../../src/platform/logger.ts'
import { printable, printableLine } from '../../src/platform/printable.ts'

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

function collect(): { logger: Logger; lines: () => Record<string, unknown>[] } {
  const written: string[] = []
  const logger = createLogger({ level: 'trace', destination: { write: (line) => written.push(line) } })
  return { logger, lines: () => written.map((line) => JSON.parse(line)) }
}

class Trap {
  get loud(): never {
    throw new Error('a getter that throws')
  }
}
const circle: Record<string, unknown> = { name: 'circle' }
circle.self = circle
const hostile = new Proxy(
  {},
  {
    get: () => {
      throw new Error('get')
    },
    ownKeys: () => {
      throw new Error('ownKeys')
    },
    getPrototypeOf: () => {
      throw new Error('getPrototypeOf')
    },
  },
)
const HARD: [string, unknown][] = [
  ['a buffer', { rawPacket: Buffer.from('JUNK\r\n') }],
  [
    'an error that carries a buffer',
    Object.assign(new Error('Parse Error'), { rawPacket: Buffer.from('JUNK'), code: 'HPE_INVALID_METHOD' }),
  ],
  ['a getter that throws', new Trap()],
  ['a getter that throws, made enumerable', Object.defineProperty({}, 'x', { enumerable: true, get: () => new Trap().loud })],
  ['an error whose message throws', Object.defineProperty(new Error('x'), 'message', { get: () => new Trap().loud })],
  ['a circle', circle],
  ['a bigint and a symbol', { big: 1n, symbol: Symbol('s') }],
  ['a toJSON that throws', { toJSON: () => new Trap().loud }],
  ['an invalid date', { at: new Date(Number.NaN) }],
  ['a proxy that throws at everything', { hostile }],
  ['the proxy itself', hostile],
  ['a null prototype', Object.create(null)],
  ['a million items', { items: new Array(1_000_000).fill({ a: 1 }) }],
  ['a socket-like request', { method: 'GET', headers: {}, socket: circle, url: '/' }],
]

describe('F51: the logger', () => {
  it.each(HARD)('writes one line and throws nothing at every level for %s', (_what, value) => {
    const { logger, lines } = collect()
    for (const level of LEVELS) {
      logger[level](value as object, 'looked at')
      logger[level]({ err: value }, 'looked at')
      logger[level]('looked at %s and %o', ...([value, value] as never[])) // the types forbid it, JavaScript callers may still pass it
    }
    expect(lines().length).toBe(LEVELS.length * 3)
    expect(JSON.stringify(lines()).length).toBeLessThan(1_000_000)
  })

  it('throws nothing when its bindings or its destination are hostile', () => {
    const { logger } = collect()
    logger.child({ hostile, circle }).info('x')
    const broken = createLogger({
      level: 'trace',
      destination: {
        write: () => {
          throw new Error('EPIPE')
        },
      },
    })
    for (const level of LEVELS) broken[level]({ a: 1 }, 'lost')
  })

  it('accepts any value', () => {
    const { logger } = collect()
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true }), (value) =>
        logger.error({ value }, 'x'),
      ),
    )
  })

  it('redacts personal data and secrets at any depth, also in errors and bindings', () => {
    const { logger, lines } = collect()
    const secret = 'never-to-be-seen'
    logger.child({ token: secret }).info({ a: { b: { c: { d: { first_name: secret } } } }, Authorization: secret }, 'x')
    logger.error(Object.assign(new Error('x'), { request: { headers: { 'X-Api-Key': secret, 'set-cookie': secret } } }))
    logger.error({ err: new Error('outer', { cause: { email: secret } }) })
    expect(lines().length).toBe(3)
    expect(JSON.stringify(lines())).not.toContain(secret)
  })

  it('keeps type, code, message, stack and cause of an error', () => {
    const { logger, lines } = collect()
    logger.warn({ err: Object.assign(new TypeError('outer', { cause: new Error('inner') }), { code: 'X1' }) }, 'failed')
    expect(lines()[0]).toMatchObject({
      msg: 'failed',
      err: { type: 'TypeError', code: 'X1', message: 'outer', stack: expect.stringContaining('logger.test'), cause: { message: 'inner' } },
    })
  })
})

describe('F69: printed text', () => {
  it('shows control characters and direction marks as escapes, and keeps everything else', () => {
    expect(printable('a\u001b[31mred\u202etxt.exe\u0000\u009b')).toBe('a\\u001b[31mred\\u202etxt.exe\\u0000\\u009b')
    expect(printable('two\nlines\tand José, 東京, 👍')).toBe('two\nlines\tand José, 東京, 👍')
    expect(printableLine('one\nline')).toBe('one\\u000aline')
    expect(printable('half \ud83d pair')).toBe('half \\ud83d pair')
  })

  it('keeps the meaning of JSON', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
        expect(JSON.parse(printable(json))).toEqual(JSON.parse(json))
      }),
    )
  })
})
