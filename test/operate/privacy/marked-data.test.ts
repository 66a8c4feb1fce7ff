import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { byValue } from '../../../src/operate/privacy/find-leaks.ts'
import { createLogger } from '../../../src/platform/logger.ts'
import { eventually } from '../../saga/world.ts'
import { person } from '../../sandbox/person.ts'
import { testRedisUrl } from '../../support/queue-backends.ts'
import { openPages } from '../open-pages.ts'
import { bearer, type Operator, startOperator } from '../start-operator.ts'

const MARKS = [
  'Zqfirstmark',
  'Zqlastmark',
  '77 Zqstreetmark',
  'Zqcitymark',
  'zqmail@mark.test',
  '219-77-4321',
  '+1 555 777 4321',
  'inq_zqmark',
]
const [first, last, street, city, email, cip, phone, inquiry] = MARKS
const MARKED = {
  ...{ first_name: first, last_name: last, email, cip_id: cip, phone_number: phone, passthrough_verification_id: inquiry },
  address: { address1: street, city, province: 'NY', country: 'USA', zip_code: '12207' },
}
const search = byValue(MARKS as string[])
const prefix = `test-${randomUUID().slice(0, 8)}`
const logged: string[] = []
/** Everything that the product gave out or stored, by place. */
const places = new Map<string, string>()

let operator: Operator
beforeAll(async () => {
  const logger = createLogger({ level: 'trace', destination: { write: (line) => logged.push(line) } })
  operator = await startOperator({ concurrency: 5, logger, backend: { kind: 'redis', url: testRedisUrl(), prefix } })
  const identityId = await liveADay()
  await readEverything(identityId)
})
afterAll(() => operator.close())

async function send(place: string, body: string, key = randomUUID()): Promise<Response> {
  const headers = bearer({ 'content-type': 'application/json', 'idempotency-key': key })
  const answer = await fetch(`${operator.url}/v1/onboardings`, { method: 'POST', headers, body })
  places.set(place, await answer.clone().text())
  return answer
}

/** A marked person is onboarded, and marked requests fail in each way. Returns the identity. */
async function liveADay(): Promise<string> {
  const key = randomUUID()
  const whole = person({ details: MARKED })
  const created = await send('answer: created', JSON.stringify(whole), key)
  expect(created.status).toBe(201)
  const { id } = (await created.json()) as { id: string }
  await send('answer: repeated', JSON.stringify(whole), key)
  const other = person({ details: { ...MARKED, last_name: `${last}-other` } })
  expect((await send('answer: key reused', JSON.stringify(other), key)).status).toBe(422)
  expect((await send('answer: person known', JSON.stringify(person({ details: MARKED })))).status).toBe(409)
  expect((await send('answer: broken JSON', JSON.stringify(whole).slice(0, -2))).status).toBe(400)
  for (const [field, value] of Object.entries({ nationality: first, cip_id_type: last, date_of_birth: email, [`${cip}`]: street }))
    await send(`answer: wrong ${field === cip ? 'field' : field}`, JSON.stringify(person({ details: { ...MARKED, [field]: value } })))
  await operator.inbox.setTimer({ streamId: id, name: 'read-identity', dueAt: new Date(), identityId: id })
  await eventually(
    () => operator.inbox.count(),
    ({ accepted }) => accepted === 0,
  )
  return id
}

async function readEverything(identityId: string): Promise<void> {
  const document = (await (await fetch(`${operator.url}/v1/openapi.json`)).json()) as { paths: Record<string, Record<string, unknown>> }
  const { rows: events } = await operator.pool.query<{ event_id: string }>('SELECT event_id FROM inbox_event LIMIT 1')
  const gets = Object.keys(document.paths).filter((path) => 'get' in (document.paths[path] ?? {}))
  for (const path of gets) {
    const filled = path.replace('{event_id}', events[0]?.event_id ?? '').replaceAll(/\{\w+\}/g, identityId)
    places.set(`GET ${path}`, await (await fetch(`${operator.url}${filled}`, { headers: bearer() })).text())
  }
  const pages = await openPages(operator)
  const paths = [
    '',
    'onboardings',
    `onboardings/${identityId}`,
    'events',
    `events/${events[0]?.event_id}`,
    'issues',
    'proof',
    'alerts',
    'queue',
  ]
  const more = ['audit', 'operators', 'reconciliations', 'replays', 'replays/new', `find?q=${identityId}`, 'clocks']
  for (const path of [...paths, ...more]) places.set(`page /${path}`, await (await pages.get(`/${path}`)).text())
  places.set('metrics', await operator.metrics.metrics())
  places.set('doctor', JSON.stringify(await operator.useCases.diagnose()))
  places.set('traces and logs at trace level', logged.join(''))
  await readTables()
  await readRedis()
}

async function readTables(): Promise<void> {
  const { rows } = await operator.pool.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`,
  )
  for (const { name } of rows) {
    const all = await operator.pool.query<{ line: string }>(`SELECT t::text AS line FROM ${name} AS t`)
    places.set(`table ${name}`, all.rows.map(({ line }) => line).join('\n'))
  }
}

async function readRedis(): Promise<void> {
  const redis = new Redis(testRedisUrl())
  try {
    for (const key of await redis.keys(`${prefix}*`)) {
      const type = await redis.type(key)
      const read: Record<string, () => Promise<unknown>> = {
        string: () => redis.get(key),
        hash: () => redis.hgetall(key),
        list: () => redis.lrange(key, 0, -1),
        set: () => redis.smembers(key),
        zset: () => redis.zrange(key, '0', '-1'),
        stream: () => redis.xrange(key, '-', '+'),
      }
      places.set(`Redis ${key}`, `${key} ${JSON.stringify(await read[type]?.())}`)
    }
  } finally {
    redis.disconnect()
  }
}

describe('C1, C2: a customer with marked data', () => {
  it('C2: is found in no answer, page, table, job, metric, log or error', () => {
    const found = [...places].flatMap(([place, text]) => search(text).map((what) => `${place}: ${what}`))
    console.info(`marked data: ${MARKS.length} values searched in ${places.size} places, ${found.length} finds`)
    expect(found).toEqual([])
  })

  it('was looked for everywhere: in every GET route, every table, the jobs in Redis, and logs at trace level', () => {
    const names = [...places.keys()]
    const count = (start: string): number => names.filter((name) => name.startsWith(start)).length
    expect(count('GET ')).toBeGreaterThan(35)
    expect(count('page ')).toBeGreaterThan(14)
    expect(count('table ')).toBeGreaterThan(30)
    expect(count('Redis ')).toBeGreaterThan(2)
    expect(logged.length).toBeGreaterThan(0)
  })

  it('is sealed meanwhile: the request that failed can still be replayed with its data', async () => {
    const { rows } = await operator.pool.query<{ id: string }>('SELECT id FROM sealed_payload')
    expect(rows.length).toBeGreaterThan(0)
    const opened = await Promise.all(rows.map(({ id }) => operator.vault.open(id)))
    expect(search(JSON.stringify(opened))).toHaveLength(MARKS.length) // the search finds what is there
  })
})
