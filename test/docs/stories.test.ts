import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readTables, readText } from './read-tables.ts'

/** The stories of orders, fills, money, balances, accounts, pages and sandboxes. Those between are of identities. */
const NUMBERS = [...Array.from({ length: 33 }, (_, index) => index + 1), ...Array.from({ length: 9 }, (_, index) => index + 45)]
const PROJECT = fileURLToPath(new URL('../../', import.meta.url))

/** The story numbers in the names of a file's tests: texts such as `A21, A23: names the limit`. */
function numbersIn(text: string): Set<string> {
  const names = [...text.matchAll(/['"`]([^'"`\n:]*\bA\d+[^'"`\n:]*):/g)].map(([, name = '']) => name)
  return new Set(names.flatMap((name) => [...name.matchAll(/\bA\d+\b/g)].map(([number]) => number)))
}

const rows = readTables('docs/paxos.md').filter(({ cells }) => 'Story' in cells)
const shownBy = rows.map(({ name, cells }) => [name, cells['Shown by'] ?? ''] as const)
const carried = new Map(globSync('test/**/*.test.ts', { cwd: PROJECT }).map((file) => [file, numbersIn(readText(file))]))

describe('the table of failure stories in docs/paxos.md', () => {
  it('has each story of trading once, in order', () => {
    expect(rows.map(({ name }) => name)).toEqual(NUMBERS.map((number) => `A${number}`))
  })

  it.each(shownBy)('names tests that carry %s in their names, or says why there is none', (name, shown) => {
    const files = [...shown.matchAll(/`(test\/[^`]+)`/g)].map(([, file = '']) => file)
    for (const file of files) expect([file, carried.get(file)?.has(name)]).toEqual([file, true])
    if (files.length === 0) expect(shown).toMatch(/^(Does not apply|Not yet): .{20}/)
  })

  it.each(shownBy.filter(([, shown]) => shown.startsWith('Does not apply:')))(
    'says of no story that it does not apply although a test has it: %s',
    (name) => {
      expect([...carried].filter(([, numbers]) => numbers.has(name))).toEqual([])
    },
  )
})
