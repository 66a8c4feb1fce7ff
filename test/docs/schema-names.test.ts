import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { readText } from './read-tables.ts'

const PROJECT = fileURLToPath(new URL('../../', import.meta.url))

/** The constraints, triggers and indexes that exist after the last migration. */
function namesInSchema(): Set<string> {
  const names = new Set<string>()
  for (const file of globSync('prisma/migrations/*/migration.sql', { cwd: PROJECT }).sort()) {
    const statements = readText(file).matchAll(/\b(DROP |)(?:CONSTRAINT|TRIGGER|INDEX)(?: IF (?:NOT )?EXISTS)? ((?:\w+, )*\w+)/g)
    for (const [, drop, list = ''] of statements) {
      for (const name of list.split(', ')) {
        if (drop) names.delete(name)
        else names.add(name)
      }
    }
  }
  return names
}

it.each(['docs/architecture.md', 'docs/reliability.md'])('%s names constraints, triggers and indexes that exist', (page) => {
  const named = [...readText(page).matchAll(/\b(?:check|triggers?|index|unique) ((?:`\w+`(?:, )?)+)/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
  )
  const known = namesInSchema()
  expect(named.length).toBeGreaterThan(0)
  expect(named.filter((name) => !known.has(name))).toEqual([])
})
