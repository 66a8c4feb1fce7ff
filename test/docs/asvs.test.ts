import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ASVS, TABLE } from './asvs-rows.ts'
import { readText } from './read-tables.ts'

const ROOT = join(import.meta.dirname, '../..')
const shownByTests = ASVS.filter(([, , shown]) => !/^(?:no|open): /.test(shown))

describe('the ASVS table of docs/security.md', () => {
  it('is the one that node test/docs/write-asvs.ts writes', () => {
    const table = readText('docs/security.md').split('<!-- asvs:begin -->')[1]?.split('<!-- asvs:end -->')[0]?.trim()
    expect(table).toBe(TABLE)
  })

  it.each(shownByTests)('names an existing test for %s, %s', (_section, _asks, shown) => {
    const [file = '', ...words] = shown.split(': ')
    expect(existsSync(join(ROOT, file))).toBe(true)
    if (!statSync(join(ROOT, file)).isDirectory()) expect(readText(file)).toContain(words.join(': '))
  })

  it('has every section once, in order, and a reason for each that does not apply', () => {
    const sections = ASVS.map(([section]) => section)
    expect(new Set(sections).size).toBe(sections.length)
    expect(new Set(sections.map((section) => section.split('.')[0])).size).toBe(17)
    for (const [section, , shown] of ASVS) expect([section, shown.length > 15]).toEqual([section, true])
  })
})
