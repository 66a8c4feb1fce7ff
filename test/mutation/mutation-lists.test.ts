import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ACCEPTED_SURVIVORS } from './accepted-survivors.ts'
import { MUTATION_GROUPS } from './groups.ts'
import { SQL_GUARDS } from './sql-guards.ts'

/** `npm run mutation` does not run in CI, so a list that no longer fits the source would be seen only by the next person who runs it. */
describe('the lists that `npm run mutation` works from', () => {
  it.each(SQL_GUARDS.map((guard) => [guard.file, guard.fragment, guard.tests]))('finds in %s, once: %s', (file, fragment, tests) => {
    expect(readFileSync(file, 'utf8').split(fragment)).toHaveLength(2)
    expect(globSync(tests)).toHaveLength(1)
  })

  it.each(Object.entries(MUTATION_GROUPS))('names files that exist in the group %s', (_group, { mutate, tests }) => {
    expect([...mutate, ...tests].filter((glob) => globSync(glob).length === 0)).toEqual([])
  })

  it('names accepted survivors by lines that still stand in the source', () => {
    const gone = ACCEPTED_SURVIVORS.filter(({ file, line }) => line !== null && !linesOf(file).has(line))
    expect(gone.map(({ file, line }) => `${file}: ${line}`)).toEqual([])
  })
})

function linesOf(file: string): Set<string> {
  return new Set(
    readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.trim()),
  )
}
