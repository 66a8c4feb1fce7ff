import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ACCEPTED_SURVIVORS } from './accepted-survivors.ts'
import { MUTATION_GROUPS } from './groups.ts'
import { SQL_GUARDS } from './sql-guards.ts'

/** `npm run mutation` does not run in CI, so that a list that no longer fits the source would be noticed only at its next run. */
describe('the lists of `npm run mutation`', () => {
  it.each(SQL_GUARDS.map((guard) => [guard.file, guard.fragment, guard.tests]))(
    'name a fragment that is in %s exactly once: %s',
    (file, fragment, tests) => {
      expect(readFileSync(file, 'utf8').split(fragment)).toHaveLength(2)
      expect(globSync(tests)).toHaveLength(1)
    },
  )

  it.each(Object.entries(MUTATION_GROUPS))('name existing files in the group %s', (_group, { mutate, tests }) => {
    expect([...mutate, ...tests].filter((glob) => globSync(glob).length === 0)).toEqual([])
  })

  it('name accepted survivors by lines that are still in the source', () => {
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
