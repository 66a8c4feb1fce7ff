import { describe, expect, it } from 'vitest'
import { OPERATION_NAMES } from '../../src/sandbox/api/operations.ts'
import { startTrader, type Trader } from './exchange/trader.ts'
import { documentedOperations, hasDocument, resolved } from './paxos-document.ts'

type Schema = Parameters<typeof resolved>[0]

/** What an operation needs besides the parameter that is changed. */
const REQUIRED: Readonly<Record<string, (trader: Trader) => string>> = {
  'GET /identity/controls': ({ identityId }) => `identity_id=${identityId}`,
  'GET /all-markets/prices': () => 'markets=BTCUSD',
  'GET /quotes': () => 'markets=BTCUSD',
}

const operations = hasDocument ? new Map(documentedOperations().map((operation) => [operation.name, operation])) : new Map()
const READS = OPERATION_NAMES.filter((name) => name.startsWith('GET '))

/** Values that this type forbids; none for a free text. */
function wrongFor(schema: Schema): readonly string[] {
  const { type, format, enum: allowed, items } = resolved(schema) as Schema & { format?: string; enum?: readonly string[] }
  if (type === 'array' && items) return wrongFor(items)
  if (allowed) return ['NO_SUCH', allowed[0]?.toLowerCase() ?? '']
  if (format === 'date-time') return ['yesterday', '2026-13-01T00:00:00Z', '1e3']
  if (type === 'integer') return ['-1', '1.5', '1e3', 'ten', '99999999']
  return type === 'boolean' ? ['yes', '7'] : []
}

function pathOf(name: string, { profileId, identityId, accountId }: Trader): string {
  const ids: Readonly<Record<string, string>> = { profile_id: profileId, identity_id: identityId, market: 'BTCUSD' }
  const id = name.includes('/profiles/') ? profileId : name.includes('/accounts/') ? accountId : identityId
  return name.replace('GET ', '').replaceAll(/\{(\w+)\}/g, (_, param: string) => ids[param] ?? id)
}

describe.skipIf(!hasDocument)('F44: one query parameter changed into what the document forbids', () => {
  it.each(READS)('%s is answered 400 for every such value, and names the parameter or the value', async (name) => {
    const parameters = (operations.get(name)?.operation.parameters ?? []).filter((parameter: { in: string }) => parameter.in === 'query')
    const trader = await startTrader()
    const accepted: string[] = []
    for (const { name: parameter, schema } of parameters) {
      for (const value of wrongFor(schema)) {
        const others = (REQUIRED[name]?.(trader) ?? '').split('&').filter((part) => part !== '' && !part.startsWith(`${parameter}=`))
        const query = [...others, `${parameter}=${encodeURIComponent(value)}`].join('&')
        const { status, body } = await trader.call('GET', `${pathOf(name, trader)}?${query}`)
        if (status !== 400) accepted.push(`${parameter}=${value}: ${status}`)
        else if (![parameter, value].some((part) => String(body.detail).includes(part)))
          accepted.push(`${parameter}=${value} is refused without its name: ${body.detail}`)
      }
    }
    expect(accepted).toEqual([])
  })

  it.each([
    ['order_by=CREATED_AT&updated_at.gte=2026-01-01T00:00:00Z', 'updated_at.gte'],
    ['order_by=UPDATED_AT&created_at.lt=2026-01-01T00:00:00Z', 'created_at.lt'],
    ['type=WIRE_DEPOSIT&statuses=PENDING', 'statuses'],
    ['type=WIRE_DEPOSIT&ids=a', 'ids'],
  ])('GET /transfer/transfers?%s combines what the document keeps apart, and is answered 400 with %s', async (query, named) => {
    const { call } = await startTrader()
    const { status, body } = await call('GET', `/transfer/transfers?${query}`)
    expect([status, body.detail]).toEqual([400, expect.stringContaining(named)])
  })

  it('GET /transfer/transfers takes a type with a time, and the time of its order', async () => {
    const { call } = await startTrader()
    const time = 'updated_at.gte=2026-01-01T00:00:00Z'
    const answers = await Promise.all(
      [`type=WIRE_DEPOSIT&type=RTP_DEPOSIT&${time}`, `order_by=UPDATED_AT&${time}`].map((query) =>
        call('GET', `/transfer/transfers?${query}`),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
  })
})
