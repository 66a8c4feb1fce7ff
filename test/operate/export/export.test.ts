import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerExportCommand } from '../../../src/cli/export-command.ts'
import { rowLine } from '../../../src/operate/export/export-format.ts'
import { exportLines, LONGEST_EXPORT_MS } from '../../../src/operate/export/export-lines.ts'
import { EXPORTED, EXPORTS } from '../../../src/operate/export/export-lists.ts'
import { openPages } from '../open-pages.ts'
import { runCommand } from '../run-command.ts'
import { bearer, type Operator, startOperator } from '../start-operator.ts'

let operator: Operator
const MANY = 1_234
beforeAll(async () => {
  operator = await startOperator()
  await operator.pool.query(
    `INSERT INTO inbox_event (event_id, type, occurred_at, is_test, origin, state, completed_at, error_code)
     SELECT gen_random_uuid()::text, CASE WHEN n = 1 THEN '=HYPERLINK("http://x")' ELSE 'identity.approved' END, now(), false, 'webhook', 'dead', now(), 'X'
     FROM generate_series(1, $1) AS n`,
    [MANY],
  )
}, 60_000)
afterAll(() => operator.close())

const get = async (path: string): Promise<{ status: number; type: string | null; text: string }> => {
  const answer = await fetch(`${operator.url}${path}`, { headers: bearer() })
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
}

describe('an export', () => {
  it('B6: streams every row of a list as CSV, with the filters of the list', async () => {
    const { status, type, text } = await get('/v1/events/export?state=dead')
    const lines = text.trimEnd().split('\r\n')
    expect([status, type, lines.length]).toEqual([200, 'text/csv; charset=utf-8; header=present', MANY + 1])
    expect(lines[0]).toBe(EXPORTS.events.columns.join(','))
    expect(new Set(lines.slice(1).map((line) => line.split(',')[0])).size).toBe(MANY)
    expect((await get('/v1/events/export?state=parked')).text.trimEnd().split('\r\n')).toHaveLength(1)
  })

  it('B6: gives the same rows as JSON lines', async () => {
    const { type, text } = await get('/v1/events/export?format=jsonl')
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(type).toContain('ndjson')
    expect(rows).toHaveLength(MANY)
    expect(Object.keys(rows[0])).toEqual(EXPORTS.events.columns)
    expect(rows[0]).toMatchObject({ state: 'dead', isTest: false, attempts: expect.any(Number), receivedAt: expect.stringMatching(/Z$/) })
  })

  it('C: makes no cell that a spreadsheet runs as a formula, and keeps numbers', async () => {
    const { text } = await get('/v1/events/export')
    expect(text).toContain(`"'=HYPERLINK(""http://x"")"`)
    const cell = (value: unknown): string => rowLine('csv', ['a'], { a: value }).trimEnd()
    expect(['=1+1', '+1', '-1+1', '@SUM', '\tx'].map(cell)).toEqual(["'=1+1", "'+1", "'-1+1", "'@SUM", "'\tx"])
    expect(['-1.50', 'a"b,c', null, new Date(0)].map(cell)).toEqual(['-1.50', '"a""b,c"', '', '1970-01-01T00:00:00.000Z'])
  })

  it.each(EXPORTED)('exists for %s, and names no column with words of a person', async (list) => {
    expect((await get(`/v1/${list}/export`)).status).toBe(200)
    const words = list === 'audit' ? ['reason', 'data'] : ['note', 'detail', 'errorDetail', 'treatedBy', 'link']
    expect(EXPORTS[list].columns.filter((column) => words.includes(column))).toEqual([])
  })

  it('refuses an unknown filter and a format that does not exist, by name', async () => {
    const { status, text } = await get('/v1/events/export?format=xlsx&colour=red')
    expect(status).toBe(400)
    expect(text).toMatch(/colour/)
    expect(text).toMatch(/format/)
  })

  it('breaks off after its time limit, so that a part is not taken for the whole', async () => {
    let now = 0
    const lines = await exportLines(operator.useCases, { list: 'events', format: 'csv', filters: {} }, () => now)
    await lines.next()
    await lines.next()
    now = LONGEST_EXPORT_MS + 1
    await expect(lines.next()).rejects.toMatchObject({ code: 'EXPORT_TOO_LONG' })
  })

  it('is a command with filters, and a link of the list', async () => {
    const out = await runCommand(operator, registerExportCommand, [
      'export',
      'events',
      '--jsonl',
      '--filter',
      'state=dead',
      '--filter',
      'from=2h',
    ])
    expect(out.split('\n')).toHaveLength(MANY)
    await expect(runCommand(operator, registerExportCommand, ['export', 'events', '--filter', 'state=lost'])).rejects.toThrow(
      /--filter state/,
    )
    const pages = await openPages(operator)
    expect(await (await pages.get('/events?state=dead')).text()).toContain('href="/export/events?state=dead"')
    expect((await (await pages.get('/export/events?state=dead')).text()).split('\r\n')).toHaveLength(MANY + 2)
  })
})
