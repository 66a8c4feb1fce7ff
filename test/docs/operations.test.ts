import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { readTables, readText } from './read-tables.ts'

const PROJECT = fileURLToPath(new URL('../../', import.meta.url))

/** What the page explains in the tables whose first column has this heading, sorted. */
const explained = (heading: string): string[] =>
  readTables('docs/operations.md')
    .filter(({ cells }) => heading in cells)
    .map(({ name }) => name)
    .sort()

/** The words of a union type of string literals, sorted. */
function wordsOf(type: string, path: string): string[] {
  const union = new RegExp(`export type ${type} =\\n((?: {2}\\| '[\\w-]+'\\n)+)`).exec(readText(path))?.[1] ?? ''
  return Array.from(union.matchAll(/'([\w-]+)'/g), ([, word = '']) => word).sort()
}

describe('docs/operations.md', () => {
  it('explains every reason why an onboarding is held', () => {
    expect(explained('Reason')).toEqual(wordsOf('HoldReason', 'src/domain/onboarding/onboarding.ts'))
    expect(explained('Reason')).toContain('identity-frozen')
  })

  it('explains every verdict of a plan', () => {
    expect(explained('Verdict')).toEqual(wordsOf('Verdict', 'src/effects/effect-kind.ts'))
    expect(explained('Verdict')).toContain('no-op')
  })

  it('names every metric of Gatehouse, and no other', () => {
    const sources = globSync('src/**/*.ts', { cwd: PROJECT }).map(readText)
    const metrics = sources.flatMap((source) => Array.from(source.matchAll(/name: '(gatehouse_\w+)'/g), ([, name]) => name))
    expect(explained('Metric')).toEqual(metrics.sort())
  })
})
