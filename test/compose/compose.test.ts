import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest'
import { VARIABLE_NAMES } from '../../src/config/variables.ts'

const run = promisify(execFile)
const PROJECT = `gatehouse-test-${randomUUID().slice(0, 8)}`
const ROLES = ['receiver', 'worker', 'operator', 'sandbox']
const TOKEN = 'a-token-that-only-this-test-knows'
const WEBHOOK_KEY = 'a-key-that-only-this-test-knows'

/** The settings of this machine for Gatehouse, from the environment or .env, are not for these containers. */
const ENVIRONMENT = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !VARIABLE_NAMES.includes(name))),
  ...{ PORT: '0', OPERATOR_PORT: '0', SANDBOX_PORT: '0', OPERATOR_TOKEN: TOKEN, WEBHOOK_API_KEYS: WEBHOOK_KEY },
}

/** Runs `docker compose` on a project of this test's own, on free ports. */
async function compose(...args: string[]): Promise<string> {
  const flags = ['compose', '--project-name', PROJECT, '--env-file', '/dev/null']
  return (await run('docker', [...flags, ...args], { env: ENVIRONMENT, maxBuffer: 50_000_000 })).stdout.trim()
}

const showLogs = async (): Promise<void> => console.log(await compose('logs', '--no-color', '--tail', '200'))

/** The base URL under which a role's port is published. */
const urlOf = async (role: string, port: number): Promise<string> => `http://${await compose('port', role, String(port))}`

interface Onboarding {
  id: string
  state: string
  accountId: string | null
  profileId: string | null
}

beforeAll(async () => {
  try {
    await compose('--profile', 'simulator', 'up', '--build', '--detach', '--wait', '--wait-timeout', '180')
  } catch (error) {
    await showLogs()
    throw error
  }
})
afterAll(() => compose('--profile', 'simulator', 'down', '--volumes', '--timeout', '30'))

async function operator(path: string, init: RequestInit = {}): Promise<Onboarding> {
  const response = await fetch(`${await urlOf('operator', 8081)}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json', ...init.headers },
  })
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as Onboarding
}

describe('docker compose up', () => {
  it('takes one person from the operator API to ready, through webhook, queue on Redis, worker and simulator', async () => {
    onTestFailed(showLogs)
    const person = await compose('exec', '-T', 'sandbox', 'gatehouse', 'sandbox', 'person')
    const created = await operator('/v1/onboardings', { method: 'POST', body: person, headers: { 'idempotency-key': randomUUID() } })
    await expect
      .poll(() => operator(`/v1/onboardings/${created.id}`), { timeout: 30_000, interval: 250 })
      .toMatchObject({ state: 'ready', accountId: expect.any(String), profileId: expect.any(String) })
    expect(await compose('exec', '-T', 'redis', 'redis-cli', '--scan')).not.toBe('')
  })

  it('refuses a webhook without the key', async () => {
    const response = await fetch(`${await urlOf('receiver', 8080)}/webhooks/paxos`, {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    })
    expect(response.status).toBe(401)
  })

  it('runs the roles as an ordinary user with gatehouse on the PATH, and publishes ports on loopback only', async () => {
    for (const role of ROLES) expect(await compose('exec', '-T', role, 'id', '-u')).not.toBe('0')
    const { version } = JSON.parse(await compose('exec', '-T', 'worker', 'cat', 'package.json')) as { version: string }
    expect(await compose('exec', '-T', 'worker', 'gatehouse', '--version')).toBe(version)
    for (const role of ['receiver', 'operator', 'sandbox']) {
      const containers = JSON.parse(await compose('ps', '--format', 'json', role)) as {
        Publishers: { URL: string; PublishedPort: number }[]
      }
      const published = containers.Publishers.filter(({ PublishedPort }) => PublishedPort !== 0)
      expect(published.map(({ URL }) => URL)).toEqual(['127.0.0.1'])
    }
  })

  it('stops every role in order and at once on SIGTERM', async () => {
    const begun = performance.now()
    await compose('stop', '--timeout', '30', ...ROLES)
    expect(performance.now() - begun).toBeLessThan(20_000)
    const containers = (await compose('ps', '--all', '--format', '{{.Service}} {{.ExitCode}}', ...ROLES)).split('\n').toSorted()
    expect(containers).toEqual(ROLES.map((role) => `${role} 0`).toSorted())
  })
})
