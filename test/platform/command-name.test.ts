import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { commandName } from '../../src/platform/command-name.ts'

const ROOT = join(import.meta.dirname, '../..')

it.each([
  ['the script ./gatehouse, and npm start', '/home/ada/gatehouse/src/bootstrap.mjs', './gatehouse'],
  ['npx gatehouse', '/home/ada/gatehouse/node_modules/.bin/gatehouse', './gatehouse'],
  ['the image', '/usr/local/bin/gatehouse', 'gatehouse'],
])('F19: hints name the shortest command that works after %s', (_how, script, named) => {
  expect(commandName(script)).toBe(named)
})

it('F19: each hint takes the name of the command from one place', () => {
  const nouns =
    'find|issue|onboarding|event|replay|queue|notice|ledger|audit|session|order|doctor|worker|receiver|sandbox|migrate|operator|demo'
  const written = new RegExp(`(?<![\\w./])gatehouse (${nouns})\\b`)
  const hints = globSync('src/{cli,operate,pages,compose,replay,platform}/**/*.ts', { cwd: ROOT }).flatMap((file) =>
    readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .filter((line) => written.test(line) && !/^\s*(\/?\*|\/\/)|application_?[nN]ame/.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  )
  expect(hints).toEqual([])
})
