import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Config, loadConfig } from '../../src/config/load-config.ts'
import { READ_BY, SECRET_NAMES, VARIABLE_NAMES, type VariableName } from '../../src/config/variables.ts'
import { ConfigError } from '../../src/platform/app-error.ts'
import { readTables, readText } from './read-tables.ts'

const REQUIRED = '**required in production**'
const ALL_ROLES = ['commands', 'migrate', 'operator', 'receiver', 'sandbox', 'worker']
/** Variables without meaning alone; each example is tried together with its other half. */
const HALVES = [
  ...[
    'PAXOS_API_URL',
    'PAXOS_TOKEN_URL',
    'NOTIFY_WEBHOOK_URL',
    'NOTIFY_WEBHOOK_SECRET',
    ...['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'OIDC_REDIRECT_URL', 'OIDC_ROLES'],
  ],
  ...['ALERT_WEBHOOK_URL', 'ALERT_WEBHOOK_SECRET', 'ALERT_SMTP_URL', 'ALERT_EMAIL_FROM', 'ALERT_EMAIL_TO'],
]

const variables = readTables('docs/configuration.md')
  .filter(({ cells }) => 'Variable' in cells)
  .map(({ name, cells }) => ({ name, default: cells.Default ?? '', example: /^`([^`]+)`$/.exec(cells.Example ?? '')?.[1] }))
const names = variables.map(({ name }) => name)
const examples = Object.fromEntries(variables.map(({ name, example }) => [name, example]))

/** Reads the environment alone: the `.env` of the person who runs the tests is elsewhere. */
function load(env: NodeJS.ProcessEnv): Config {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-docs-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return loadConfig({ directory, env })
}

/** Their faults, except the fault of every secret printed here: the real Paxos refuses it, because it is public. */
function faultsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    load(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.filter((problem) => !problem.includes('is printed in'))
    throw error
  }
}

/** `asked` tells a default port from the same port set explicitly. All other values must be equal. */
const withoutAsked = (config: Config): unknown => JSON.parse(JSON.stringify(config, (key, value) => (key === 'asked' ? undefined : value)))

describe('docs/configuration.md', () => {
  it('explains every variable that Gatehouse reads, each once, and no other', () => {
    expect(names.toSorted()).toEqual([...VARIABLE_NAMES].sort())
  })

  it.each(variables.filter(({ default: text }) => text.startsWith('`')).map(({ name, default: text }) => [name, text]))(
    'gives the real default of %s',
    (name, text) => {
      const value = /^`([^`]+)`/.exec(text)?.[1]
      const paxos = name.startsWith('PAXOS_CLIENT') ? { PAXOS_API_URL: 'http://127.0.0.1:1/v2', PAXOS_TOKEN_URL: 'http://127.0.0.1:1' } : {}
      expect(withoutAsked(load({ ...paxos, [name]: value }))).toEqual(withoutAsked(load(paxos)))
    },
  )

  it.each(variables)('gives an accepted example of $name', ({ name, example }) => {
    const others = HALVES.includes(name) ? Object.fromEntries(HALVES.map((half) => [half, examples[half]])) : {}
    const production = example === 'production' ? examples : {}
    const authenticators = name === 'WEBHOOK_AUTH' ? { WEBHOOK_OAUTH_CLIENTS: examples.WEBHOOK_OAUTH_CLIENTS } : {}
    expect(faultsOf({ ...others, ...production, ...authenticators, [name]: example })).toEqual([])
  })

  it.each(variables)('names the roles that read $name', ({ name }) => {
    const row = readTables('docs/configuration.md').find((row) => row.name === name && 'Variable' in row.cells)?.cells['Read by'] ?? ''
    const roles = READ_BY[name as VariableName]
    expect(row === 'all' ? ALL_ROLES : row.split(', ').toSorted()).toEqual([...roles].sort())
  })

  it('names the secrets that can be given as files', () => {
    const text = readText('docs/configuration.md')
    for (const name of SECRET_NAMES) expect(text).toContain(`\`${name}_FILE\``)
  })

  it('marks exactly what production requires', () => {
    const problems = (): readonly string[] => {
      try {
        load({ NODE_ENV: 'production' })
      } catch (error) {
        if (error instanceof ConfigError) return error.problems
        throw error
      }
      return []
    }
    const required = problems().map((problem) => problem.split(' ')[0])
    expect(
      variables
        .filter(({ default: text }) => text.includes(REQUIRED))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(required.sort())
  })
})

describe('.env.example', () => {
  const text = readText('.env.example')
  const given = [...text.matchAll(/^#?([A-Z][A-Z_]+)=/gm)].map(([, name]) => name)

  it('names every variable once', () => {
    expect(given.toSorted()).toEqual([...VARIABLE_NAMES].sort())
  })

  it('sets nothing as it stands, and is accepted as a whole with its lines uncommented', () => {
    expect(parseEnv(text)).toEqual({})
    expect(faultsOf(parseEnv(text.replaceAll(/^#(?=[A-Z_]+=)/gm, '')))).toEqual([])
  })
})
