import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { DOCUMENTED_LIMITS, NO_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import { ConfigError } from '../../src/platform/app-error.ts'

const SECRET = 'a-secret-that-nobody-should-see'
const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://app:pw@db/app',
  OPERATOR_TOKEN: 'operator-token-0001',
  PAXOS_API_URL: 'https://api.paxos.com/v2',
  PAXOS_TOKEN_URL: 'https://oauth.paxos.com/oauth2/token',
  PAXOS_CLIENT_ID: 'id',
  PAXOS_CLIENT_SECRET: SECRET,
  ENCRYPTION_KEY: Buffer.alloc(32, 1).toString('base64'),
  WEBHOOK_API_KEYS: 'webhook-key-number-1,webhook-key-number-2',
}

function folder(dotEnv?: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'gatehouse-config-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  if (dotEnv !== undefined) writeFileSync(join(directory, '.env'), dotEnv)
  return directory
}

const load = (env: Record<string, string>, dotEnv?: string) => loadConfig({ env, directory: folder(dotEnv) })

function problems(env: Record<string, string>): readonly string[] {
  try {
    load(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

describe('the configuration', () => {
  it('works with nothing set: embedded Postgres, the queue on it, the simulator', () => {
    expect(load({})).toMatchObject({
      databaseUrl: null,
      redisUrl: null,
      paxos: null,
      receiver: { port: 8080, asked: false },
      operator: { port: 8081 },
      budget: { token: 1, identity: 10, general: 50 },
    })
  })
  it('takes .env, over which the environment wins', () => {
    expect(load({ PORT: '9001' }, 'PORT=9000\nOPERATOR_PORT=9002\n')).toMatchObject({
      receiver: { port: 9001, asked: true },
      operator: { port: 9002 },
    })
  })
  it('takes an empty variable for one that is not set', () => {
    expect(load({ REDIS_URL: '' }).redisUrl).toBeNull()
  })
  it('takes several keys for rotation', () => {
    expect(load(PRODUCTION).webhook.apiKeys).toEqual(['webhook-key-number-1', 'webhook-key-number-2'])
  })
  it('takes budgets as documented, off, or by class', () => {
    expect(load({ PAXOS_BUDGET: 'off' }).budget).toEqual(NO_LIMITS)
    expect(load({ PAXOS_BUDGET: '{"identity": 5, "general": null}' }).budget).toEqual({ ...DOCUMENTED_LIMITS, identity: 5, general: null })
  })
})

describe('a wrong configuration', () => {
  it('names every bad variable at once, malformed ones and contradictions alike', () => {
    const named = problems({
      PORT: 'x',
      REDIS_URL: 'http://x',
      WEBHOOK_API_KEYS: 'short',
      PAXOS_API_URL: 'https://a/v2',
      WEBHOOK_AUTH: 'api-key,oauth',
    })
    expect(named.map((problem) => problem.split(' ')[0]).sort()).toEqual([
      'PAXOS_TOKEN_URL',
      'PORT',
      'REDIS_URL',
      'WEBHOOK_API_KEYS',
      'WEBHOOK_OAUTH_CLIENTS',
    ])
  })
  it('names everything that production must set', () => {
    expect(
      problems({ NODE_ENV: 'production' })
        .map((problem) => problem.split(' ')[0])
        .sort(),
    ).toEqual([
      'DATABASE_URL',
      'ENCRYPTION_KEY',
      'OPERATOR_TOKEN',
      'PAXOS_API_URL',
      'PAXOS_CLIENT_ID',
      'PAXOS_CLIENT_SECRET',
      'PAXOS_TOKEN_URL',
      'WEBHOOK_API_KEYS',
    ])
    expect(problems(PRODUCTION)).toEqual([])
  })
  it('never repeats a value', () => {
    const told = problems({
      DATABASE_URL: SECRET,
      OPERATOR_TOKEN: 'short',
      ENCRYPTION_KEY: SECRET,
      NOTIFY_WEBHOOK_SECRET: SECRET,
      WEBHOOK_SIGNING_SECRETS: SECRET,
    })
    expect(new Set(told.map((problem) => problem.split(' ')[0])).size).toBe(6)
    expect(told.join('\n')).not.toContain(SECRET)
  })
  it.each([
    ['PAXOS_BUDGET', '{"accounts": 3}'],
    ['WEBHOOK_AUTH', 'basic'],
    ['WEBHOOK_API_KEY_HEADER', 'x api key'],
    ['ADOPT_UNKNOWN_IDENTITIES', 'maybe'],
    ['WORKER_CONCURRENCY', '0'],
    ['PAXOS_API_URL', 'ftp://x'],
  ])('refuses %s=%s', (name, value) => {
    expect(problems({ [name]: value }).some((problem) => problem.startsWith(name))).toBe(true)
  })
})
