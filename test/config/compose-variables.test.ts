import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import type { Role } from '../../src/config/role.ts'
import { READ_BY } from '../../src/config/variables.ts'
import { readText } from '../docs/read-tables.ts'

const text = readText('docker-compose.yml')

/** The lines of a block: those after its head with a deeper indentation. */
function block(head: string): string[] {
  const lines = text.split('\n')
  const at = lines.findIndex((line) => line === head || line.startsWith(`${head} `))
  if (at < 0) throw new Error(`docker-compose.yml has no ${head}`)
  const depth = head.search(/\S/)
  const end = lines.findIndex((line, index) => index > at && line.trim() !== '' && line.search(/\S/) <= depth)
  return [lines[at] ?? '', ...lines.slice(at + 1, end < 0 ? undefined : end)]
}

/** The variables that a service gets, each with the expression for its value. */
function environmentOf(service: Role): Map<string, string> {
  const lines = block(`  ${service}:`)
  const own =
    lines
      .join('\n')
      .split('    environment:')[1]
      ?.split(/\n {4}\S/)[0] ?? ''
  const merged = [...own.matchAll(/\*(\w+)/g)].flatMap(([, anchor]) => block(`x-${anchor}:`))
  const entries = [...merged, ...own.split('\n')].flatMap((line) => {
    const [, name, value] = /^\s+([A-Z][A-Z_]+): (.*)$/.exec(line) ?? []
    return name === undefined ? [] : [[name, value ?? ''] as const]
  })
  return new Map(entries)
}

/**
 * Chosen by compose itself: the ports inside the containers are fixed and the variable chooses the one outside; the others follow from
 * service names.
 */
const BY_COMPOSE: Readonly<Record<string, readonly string[]>> = {
  PORT: ['receiver', 'sandbox'],
  OPERATOR_PORT: ['operator'],
  SANDBOX_PORT: ['sandbox', 'worker', 'operator'],
}
const SERVICES = ['receiver', 'worker', 'operator', 'sandbox', 'migrate'] as const
const pairs = Object.entries(READ_BY).flatMap(([name, roles]) =>
  SERVICES.filter((service) => roles.includes(service) && !BY_COMPOSE[name]?.includes(service)).map((service) => [name, service] as const),
)

describe('docker-compose.yml', () => {
  it.each(pairs)('F16: passes %s to the %s, which reads it', (name, service) => {
    expect(environmentOf(service).get(name)).toContain(`\${${name}:-`)
  })

  it.each(SERVICES)('F62: gives the %s no variable that it does not read', (service) => {
    const strange = [...environmentOf(service).keys()].filter(
      (name) => name in READ_BY && !READ_BY[name as keyof typeof READ_BY].includes(service),
    )
    expect(strange).toEqual([])
  })

  it('F16: publishes each port where its variable says', () => {
    for (const [name, port] of [
      ['PORT', 8080],
      ['OPERATOR_PORT', 8081],
      ['SANDBOX_PORT', 8082],
    ])
      expect(text).toContain(`127.0.0.1:\${${name}:-${port}}:${port}`)
  })

  it('F16: has the simulator in a profile', () => {
    expect(block('  sandbox:').join('\n')).toContain('profiles: [simulator]')
  })

  // Compose evaluates `${A:+${B:?}}` in full whether A is set or not (2.26), so the roles check this.
  it.each([
    ['receiver', ['WEBHOOK_API_KEYS']],
    ['worker', ['ENCRYPTION_KEY']],
    ['operator', ['OPERATOR_TOKEN', 'ENCRYPTION_KEY']],
  ] as const)('F54: makes the %s refuse its public secrets once PAXOS_API_URL is set', (service, secrets) => {
    const defaults = [...environmentOf(service)].map(([name, value]) => [name, /^\$\{\w+:-(.*)\}$/.exec(value)?.[1] ?? ''])
    const paxos = {
      PAXOS_API_URL: 'https://api.paxos.com/v2',
      PAXOS_TOKEN_URL: 'https://oauth.paxos.com/oauth2/token',
      PAXOS_CLIENT_ID: 'id',
      PAXOS_CLIENT_SECRET: 'a secret that Paxos has drawn',
    }
    const load = (env: NodeJS.ProcessEnv): unknown => loadConfig({ directory: '/nowhere', role: service, env })
    expect(() => load(Object.fromEntries(defaults))).not.toThrow()
    for (const name of secrets) expect(() => load({ ...Object.fromEntries(defaults), ...paxos })).toThrow(`${name} is printed in`)
  })
})
