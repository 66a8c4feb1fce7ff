import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readTables, readText } from './read-tables.ts'

/** What the source or the page says about one code. Empty sets: it is no AppError, or has no HTTP status of its own. */
interface CodeFacts {
  retry: Set<string>
  http: Set<string>
}

const PROJECT = fileURLToPath(new URL('../../', import.meta.url))
const sources = globSync('src/**/*.ts', { cwd: PROJECT, exclude: ['src/generated/**'] }).map(readText)
/** Non-literal codes that an HttpProblem may get. They are found elsewhere. */
const PASSED_ON = new Set(['known.code', 'error.code', 'code', "error.code ?? 'REQUEST_REFUSED'"])

/** The classes of a source, each from its own line to the next one's. */
const classesOf = (source: string): string[] => source.split(/^(?=(?:export )?(?:abstract )?class )/m).slice(1)

function codesInSource(): Map<string, CodeFacts> {
  const found = new Map<string, CodeFacts>()
  const add = (code: string | undefined, facts: { retry?: (string | undefined)[]; http?: string | undefined }): void => {
    if (code === undefined) throw new Error('a pattern below names no code')
    const known = found.get(code) ?? { retry: new Set(), http: new Set() }
    for (const retry of facts.retry ?? []) if (retry) known.retry.add(retry)
    if (facts.http) known.http.add(facts.http)
    found.set(code, known)
  }
  for (const source of sources) {
    for (const text of classesOf(source)) {
      const code = /\breadonly code = '([A-Z]\w+)'/.exec(text)?.[1]
      if (!code) continue
      const literal = /\breadonly retry = '([\w-]+)'/.exec(text)?.[1]
      const chosen = /this\.retry = [^\n]*\? '([\w-]+)' : '([\w-]+)'/.exec(text)?.slice(1) ?? []
      expect([literal, ...chosen].filter(Boolean), `${code} has no retry class that this test can read`).not.toEqual([])
      add(code, { retry: [literal, ...chosen] })
    }
    for (const [, status, given = ''] of source.matchAll(/new HttpProblem\(\s*([\w.]+),\s*([^,]+),/g)) {
      const code = /^'(\w+)'$/.exec(given)?.[1]
      if (code) add(code, { http: status })
      else expect(PASSED_ON, `new HttpProblem(…, ${given}, …) hides its code from this test`).toContain(given)
    }
    for (const [, status, code] of source.matchAll(/super\((\d{3}), '(\w+)'/g)) add(code, { http: status }) // classes of HttpProblem
    for (const [, status, code] of source.matchAll(/status: (\d{3}), code: '(\w+)'/g)) add(code, { http: status }) // Fastify's own
    for (const [, code] of source.matchAll(/error\.code \?\? '(\w+)'/g)) add(code, {})
    for (const [, code] of source.matchAll(/errorCode: '([A-Z_]+)'/g)) add(code, {})
    for (const [, status, code] of source.matchAll(/new TokenRefusal\((\d{3}), '(\w+)'/g)) add(code, { http: status })
    const statuses = /const STATUS_OF: .*?\{(.*?)\n\}/s.exec(source)?.[1] ?? '' // of errors that a use case throws
    for (const [, code, status] of statuses.matchAll(/^ {2}([A-Z_]+): (\d{3}),$/gm)) add(code, { http: status })
  }
  return found
}

const rows = readTables('docs/errors.md').filter(({ cells }) => 'HTTP' in cells)
const split = (cell = ''): Set<string> => new Set(cell.split(', ').filter((part) => part !== ''))
const documented = new Map(rows.map(({ name, cells }) => [name, { retry: split(cells.Retry), http: split(cells.HTTP) }]))
const inSource = codesInSource()

describe('docs/errors.md', () => {
  it('is compared with codes of every kind: a pattern that no longer finds any would prove nothing', () => {
    const ofEachKind = ['CONFIG_INVALID', 'PAXOS_ANSWER_MALFORMED', 'DELIVERY_INVALID', 'WEBHOOK_UNAUTHENTICATED', 'BODY_TOO_LARGE']
    for (const code of [...ofEachKind, 'REQUEST_REFUSED', 'POISON', 'invalid_client', 'CONTROL_INVALID']) {
      expect([...inSource.keys()]).toContain(code)
    }
    expect(inSource.get('REPLAY_STATE')).toEqual({ retry: new Set(['never']), http: new Set(['409']) })
  })

  it('explains each code once, and no unknown one', () => {
    expect(rows.map(({ name }) => name).toSorted()).toEqual([...inSource.keys()].sort())
  })

  it.each([...inSource].map(([code, facts]) => ({ code, ...facts })))(
    'gives the retry class and the HTTP status of $code',
    ({ code, retry, http }) => {
      expect(documented.get(code)).toEqual({ retry, http })
    },
  )

  it.each(rows)('says what $name means and what to do', ({ cells }) => {
    expect(cells['What it means, and why']).toMatch(/\w.{15,}/)
    expect(cells['What to do']).toMatch(/\w/)
  })
})
