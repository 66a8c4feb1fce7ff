import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import type { Role } from '../../src/config/role.ts'
import { SECRET_NAMES } from '../../src/config/variables.ts'
import { weakSecrets } from '../../src/config/weak-secrets.ts'
import { DOCUMENTED_LIMITS, NO_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import { ConfigError } from '../../src/platform/app-error.ts'

const SECRET = 'a-secret-that-nobody-should-see'
const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://app:pw@db/app',
  OPERATOR_TOKEN: 'operator-token-0001-drawn-at-random',
  PAXOS_API_URL: 'https://api.paxos.com/v2',
  PAXOS_TOKEN_URL: 'https://oauth.paxos.com/oauth2/token',
  PAXOS_CLIENT_ID: 'id',
  PAXOS_CLIENT_SECRET: SECRET,
  ENCRYPTION_KEY: Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64'),
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
  it('is complete with nothing set: embedded Postgres, the queue on it, the simulator', () => {
    expect(load({})).toMatchObject({
      databaseUrl: null,
      redisUrl: null,
      paxos: null,
      receiver: { port: 8080, asked: false },
      operator: { port: 8081 },
      budget: { token: 1, identity: 10, general: 50 },
    })
  })
  it('reads .env, which the environment overrides', () => {
    expect(load({ PORT: '9001' }, 'PORT=9000\nOPERATOR_PORT=9002\n')).toMatchObject({
      receiver: { port: 9001, asked: true },
      operator: { port: 9002 },
    })
  })
  it('treats an empty variable as unset', () => {
    expect(load({ REDIS_URL: '' }).redisUrl).toBeNull()
  })
  it('accepts several keys for rotation', () => {
    expect(load(PRODUCTION).webhook.apiKeys).toEqual(['webhook-key-number-1', 'webhook-key-number-2'])
  })
  it('asks for the scope of Sandbox wires by default beside a simulator alone, and with what a look-up of them needs', () => {
    const all = ['controls', 'balances', 'orders', 'quotes', 'transfers', 'deposit-instructions', 'sandbox-wires']
    expect(load({}).paxosFeatures).toEqual(all)
    expect(load(PRODUCTION).paxosFeatures).toEqual(all.slice(0, -1))
    expect(load({ ...PRODUCTION, PAXOS_FEATURES: all.slice(3).join() }).paxosFeatures).toEqual(all.slice(3))
    expect(problems({ PAXOS_FEATURES: 'sandbox-wires,transfers' })).toEqual([
      'PAXOS_FEATURES names sandbox-wires, which needs deposit-instructions too',
    ])
  })

  it('accepts budgets as documented, off, or by class', () => {
    expect(load({ PAXOS_BUDGET: 'off' }).budget).toEqual(NO_LIMITS)
    expect(load({ PAXOS_BUDGET: '{"identity": 5, "general": null}' }).budget).toEqual({
      ...DOCUMENTED_LIMITS,
      identity: 5,
      general: null,
      unproven: null,
    })
    expect(load({ PAXOS_BUDGET: '{"general": 20}' }).budget).toEqual({ ...DOCUMENTED_LIMITS, general: 20, unproven: 2 })
    expect(load({ PAXOS_BUDGET: '{"general": 20, "unproven": 1}' }).budget).toMatchObject({ general: 20, unproven: 1 })
  })
})

describe('a wrong configuration', () => {
  it('is refused with every bad variable at once, malformed or contradictory', () => {
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
  it('is refused with everything that production must set', () => {
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
  it('is refused without repeating a value', () => {
    const reported = problems({
      DATABASE_URL: SECRET,
      OPERATOR_TOKEN: 'short',
      ENCRYPTION_KEY: SECRET,
      NOTIFY_WEBHOOK_SECRET: SECRET,
      WEBHOOK_SIGNING_SECRETS: SECRET,
    })
    expect(new Set(reported.map((problem) => problem.split(' ')[0])).size).toBe(6)
    expect(reported.join('\n')).not.toContain(SECRET)
  })
  it.each([
    ['PAXOS_BUDGET', '{"accounts": 3}'],
    ['WEBHOOK_AUTH', 'basic'],
    ['WEBHOOK_API_KEY_HEADER', 'x api key'],
    ['ADOPT_UNKNOWN_IDENTITIES', 'maybe'],
    ['WORKER_CONCURRENCY', '0'],
    ['PAXOS_API_URL', 'ftp://x'],
  ])('is refused for %s=%s', (name, value) => {
    expect(problems({ [name]: value }).some((problem) => problem.startsWith(name))).toBe(true)
  })
})

describe('an empty value', () => {
  it('c16: counts as unset in the environment, so that the file counts', () => {
    expect(load({ OPERATOR_TOKEN: '' }, 'OPERATOR_TOKEN=token-of-the-file-0123456789\n').operator.token).toBe(
      'token-of-the-file-0123456789',
    )
  })
  it('counts as unset in the file too', () => {
    expect(load({}, 'PORT=\n').receiver).toEqual({ port: 8080, asked: false })
  })
})

describe('a secret', () => {
  const secretFile = (text: string): string => {
    const directory = folder()
    writeFileSync(join(directory, 'secret'), text)
    return join(directory, 'secret')
  }

  it('c15: is read without the line end that echo writes, in a variable and in a file', () => {
    const token = 'operator-token-0123456789'
    expect(load({ OPERATOR_TOKEN: `${token}\n` }).operator.token).toBe(token)
    expect(load({ OPERATOR_TOKEN_FILE: secretFile(`${token}\r\n`) }).operator.token).toBe(token)
    expect(load({ WEBHOOK_API_KEYS: 'webhook-key-number-1\n' }).webhook.apiKeys).toEqual(['webhook-key-number-1'])
  })

  it.each(SECRET_NAMES)('can be given as a file: %s_FILE', (name) => {
    const missing = problems({ [`${name}_FILE`]: '/nowhere/at/all' })
    expect(missing).toContainEqual(expect.stringMatching(`^${name}_FILE names a file that cannot be read \\(ENOENT\\)`))
    expect(problems({ [`${name}_FILE`]: secretFile('\n') })).toContainEqual(`${name}_FILE names an empty file`)
    const both = problems({ [`${name}_FILE`]: secretFile('x'), [name]: 'x' })
    expect(both).toContainEqual(`${name} and ${name}_FILE are both set: set one of them`)
  })

  it('is refused when no header can carry it', () => {
    for (const token of ['a token with blanks in it', 'tökentökentökentöken', 'a-token-with\nline-end-within'])
      expect(problems({ OPERATOR_TOKEN: token })).toContainEqual(expect.stringMatching(/^OPERATOR_TOKEN /))
  })

  it('F54: is refused when it decodes to too few bytes, for any length', () => {
    for (const secret of [`whsec_${'='.repeat(40)}`, `whsec_${Buffer.alloc(23, 1).toString('base64')}`, 'whsec_a'])
      expect(problems({ WEBHOOK_SIGNING_SECRETS: secret })).toContainEqual(expect.stringMatching(/^WEBHOOK_SIGNING_SECRETS /))
  })
})

describe('F54: with the real Paxos', () => {
  it.each([
    ['OPERATOR_TOKEN', 'development-only-operator-token', 'is printed in'],
    ['ENCRYPTION_KEY', 'ZGV2ZWxvcG1lbnQtb25seS1lbmNyeXB0aW9uLWtleSE=', 'is printed in'],
    ['WEBHOOK_API_KEYS', 'development-only-webhook-key', 'is printed in'],
    ['OPERATOR_TOKEN', 'aaaaaaaaaaaaaaaa', 'too little variety'],
    ['OPERATOR_TOKEN', '1212121212121212', 'too little variety'],
    ['ENCRYPTION_KEY', Buffer.alloc(32, 7).toString('base64'), 'too little variety'],
    ['WEBHOOK_API_KEYS', PRODUCTION.OPERATOR_TOKEN, 'is the same as OPERATOR_TOKEN'],
    ['WEBHOOK_API_KEYS', 'webhook-key-number-1,webhook-key-number-1', 'another of its own values'],
    ['PAXOS_API_URL', 'http://api.paxos.com/v2', 'must be https://'],
    ['PAXOS_TOKEN_URL', 'http://oauth.paxos.com/oauth2/token', 'must be https://'],
  ])('%s=%s is refused: %s', (name, value, reason) => {
    for (const mode of ['production', 'development']) {
      const named = problems({ ...PRODUCTION, NODE_ENV: mode, [name]: value })
      expect(named).toEqual([expect.stringContaining(reason)])
      expect(named[0]?.startsWith(name)).toBe(true)
    }
  })

  it('every secret that this repository prints is refused', () => {
    const files = ['.env.example', 'docker-compose.yml', 'docs/configuration.md', 'docs/operations.md', 'README.md']
    const texts = files.map((file) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')).join('\n')
    const printed = SECRET_NAMES.filter((name) => !name.endsWith('URL')).flatMap((name) => [
      ...[...texts.matchAll(new RegExp(`\\b${name}=([^\\s\x60"$]+)`, 'g'))].map(([, value]) => [name, value ?? ''] as const),
      ...[...texts.matchAll(new RegExp(`\\| \x60${name}\x60 .*\\| \x60([^\x60]+)\x60 \\| [^|]+ \\|$`, 'gm'))].map(
        ([, value]) => [name, value ?? ''] as const,
      ),
      ...[...texts.matchAll(new RegExp(`\\$\\{${name}:-(?:\\$\\{.*\\}\\})?([^}]+)\\}`, 'g'))].map(
        ([, value]) => [name, value ?? ''] as const,
      ),
    ])
    expect(printed.length).toBeGreaterThan(10)
    for (const [name, value] of printed) expect([name, value, weakSecrets({ [name]: value }).length > 0]).toEqual([name, value, true])
  })

  it('they are accepted when the simulator is named or runs here, and doctor says which are weak', () => {
    const { PAXOS_API_URL: _api, PAXOS_TOKEN_URL: _token, ...others } = PRODUCTION
    const weak = { OPERATOR_TOKEN: 'development-only-operator-token' }
    expect(problems({ ...others, ...weak, SANDBOX_URL: 'http://sandbox:8082' })).toEqual([])
    expect(load({ ...weak, PAXOS_API_URL: 'http://127.0.0.1:1/v2', PAXOS_TOKEN_URL: 'http://127.0.0.1:1' }).weakSecrets).toEqual([
      expect.stringMatching(/^OPERATOR_TOKEN is printed in/),
    ])
  })

  it('they are still refused in production with Paxos beside the simulator', () => {
    const named = problems({ ...PRODUCTION, OPERATOR_TOKEN: 'development-only-operator-token', SANDBOX_URL: 'http://sandbox:8082' })
    expect(named).toEqual([expect.stringMatching(/^OPERATOR_TOKEN is printed in/)])
  })
})

describe('F65: the simulator in production', () => {
  it('starts only when it is named, and never beside Paxos', () => {
    const reported = (env: Record<string, string>): readonly string[] => {
      try {
        loadConfig({ directory: mkdtempSync(join(tmpdir(), 'gatehouse-f65-')), env, role: 'sandbox' })
        return []
      } catch (error) {
        return (error as ConfigError).problems
      }
    }
    const refused = [expect.stringMatching(/^SANDBOX_URL is required/)]
    const key = { WEBHOOK_API_KEYS: 'Rb7vQ2xT9kLm4pZs8wYd1nHf' }
    expect(reported({ ...key, NODE_ENV: 'production' })).toEqual(refused)
    expect(
      reported({ ...key, NODE_ENV: 'production', SANDBOX_URL: 'http://sandbox:8082', PAXOS_API_URL: 'https://api.paxos.com/v2' }),
    ).toEqual(refused)
    expect(reported({ ...key, NODE_ENV: 'production', SANDBOX_URL: 'http://sandbox:8082' })).toEqual([])
    expect(reported({})).toEqual([])
  })
})

describe('F62: a role', () => {
  const given = (role: Role, env: Record<string, string>) => loadConfig({ env, directory: folder(), role })
  const without = (...names: (keyof typeof PRODUCTION)[]) =>
    Object.fromEntries(Object.entries(PRODUCTION).filter(([name]) => !names.includes(name as never)))

  it('requires only what it needs', () => {
    const needs = (role: Role): string[] => {
      try {
        given(role, { NODE_ENV: 'production' })
      } catch (error) {
        if (error instanceof ConfigError) return error.problems.map((problem) => problem.split(' ')[0] ?? '').sort()
        throw error
      }
      return []
    }
    const paxos = ['PAXOS_API_URL', 'PAXOS_CLIENT_ID', 'PAXOS_CLIENT_SECRET', 'PAXOS_TOKEN_URL']
    expect(needs('receiver')).toEqual(['DATABASE_URL', 'WEBHOOK_API_KEYS'])
    expect(needs('worker')).toEqual(['DATABASE_URL', 'ENCRYPTION_KEY', ...paxos])
    expect(needs('operator')).toEqual(['DATABASE_URL', 'ENCRYPTION_KEY', 'OPERATOR_TOKEN', ...paxos])
    expect(needs('migrate')).toEqual(['DATABASE_URL'])
  })

  it('does not get the secrets of another role, even when they are set', () => {
    const receiver = given('receiver', { ...PRODUCTION, OPERATOR_TOKEN: 'too short', NOTIFY_WEBHOOK_SECRET: 'malformed' })
    expect(receiver).toMatchObject({ paxos: null, encryptionKey: null, operator: { token: null }, notifyWebhook: null })
    expect(JSON.stringify(receiver)).not.toContain(SECRET)
    expect(given('worker', PRODUCTION)).toMatchObject({ operator: { token: null }, webhook: { apiKeys: null } })
    expect(given('worker', without('OPERATOR_TOKEN', 'WEBHOOK_API_KEYS')).paxos?.clientSecret).toBe(SECRET)
    expect(given('operator', PRODUCTION).webhook.apiKeys).toBeNull()
  })
})

describe('F25: a variable that changes nothing', () => {
  it('is reported with the name that was probably meant, and its line', () => {
    const text = '# a comment\nWEBHOOK_API_KEY=x\nPAXOS_APIURL=https://x\nnot a line\nexport LOG_LEVEL=warn\nCOMPOSE_PROFILES=simulator\n'
    expect(load({}, text).warnings).toEqual([
      '.env line 2: WEBHOOK_API_KEY is not a variable of Gatehouse: did you mean WEBHOOK_API_KEYS?',
      '.env line 3: PAXOS_APIURL is not a variable of Gatehouse: did you mean PAXOS_API_URL?',
      '.env line 4 is not an assignment (NAME=value) and is ignored',
      '.env line 6: COMPOSE_PROFILES is not a variable of Gatehouse and is ignored',
    ])
  })
  it('may have a value over several lines, which is one assignment', () => {
    expect(load({}, 'LOG_LEVEL="info"\nHOST="127.0.0.1\nnot a line"\nPORT=0\n').warnings).toEqual([])
  })
  it('is reported from the environment only when its name is nearly one of ours', () => {
    expect(load({ PAXOS_APIURL: 'x', OPERATOR_TOKEN_FIL: 'x', PAXOS_SOMETHING_ELSE: 'x', HOME: '/root', OPORT: '1' }).warnings).toEqual([
      'PAXOS_APIURL is not a variable of Gatehouse: did you mean PAXOS_API_URL?',
      'OPERATOR_TOKEN_FIL is not a variable of Gatehouse: did you mean OPERATOR_TOKEN_FILE?',
    ])
  })
})

describe('c17: the address of the database', () => {
  it.each([
    'postgres://user:password@/gatehouse?host=/cloudsql/project:region:instance',
    'postgres://user@localhost/db?host=/var/run/postgresql',
    'postgresql://user:p%40ss%2Fw@db:5432/x',
  ])('is accepted: %s', (url) => expect(load({ DATABASE_URL: url }).databaseUrl).toBe(url))
  it.each(['mysql://x/y', 'user@host/db', ''.padEnd(3, 'x')])('is refused: %s', (url) => {
    expect(problems({ DATABASE_URL: url })).toEqual(['DATABASE_URL must be a postgres:// or postgresql:// URL'])
  })
  it('needs a direct one beside PgBouncer', () => {
    expect(problems({ DATABASE_URL: 'postgres://u@pool:6432/x?pgbouncer=true' })).toEqual([
      expect.stringMatching(/^DATABASE_DIRECT_URL is required/),
    ])
  })
})

describe('the alerts to operators', () => {
  const MAIL = { ALERT_SMTP_URL: 'smtps://user:pass@mail.example.com', ALERT_EMAIL_FROM: 'a@example.com', ALERT_EMAIL_TO: 'b@example.com' }

  it('B18: need all three variables of e-mail, and an address for a secret', () => {
    expect(problems({ ALERT_EMAIL_TO: 'b@example.com' }).map((problem) => problem.split(' ')[0])).toEqual([
      'ALERT_SMTP_URL',
      'ALERT_EMAIL_FROM',
    ])
    expect(problems({ ALERT_WEBHOOK_SECRET: `whsec_${PRODUCTION.ENCRYPTION_KEY}` })).toEqual([expect.stringMatching(/^ALERT_WEBHOOK_URL/)])
  })

  it('B18: refuse a window, an address and an SMTP URL that cannot be used, each by name', () => {
    expect(
      problems({
        ...MAIL,
        ALERT_SMTP_URL: 'smtp://mail?tls.rejectUnauthorized=false',
        ALERT_QUIET_HOURS: '6-22',
        ALERT_EMAIL_TO: 'b, c@d',
      }),
    ).toEqual([
      'ALERT_SMTP_URL must not have a query: TLS and timeouts cannot be changed',
      'ALERT_EMAIL_TO (item 1) must be a mail address such as gatehouse@example.com',
      'ALERT_QUIET_HOURS must be two different times in UTC such as 22:00-06:00',
    ])
    expect(load({ ...MAIL, ALERT_QUIET_HOURS: '22:00-06:30' }).alerts.quietHours).toEqual({ fromMinute: 1_320, toMinute: 390 })
  })

  it('F63: refuse a mail server at an address that is not allowed', () => {
    expect(problems({ ...PRODUCTION, ...MAIL, ALERT_SMTP_URL: 'smtp://169.254.169.254' })).toEqual([
      expect.stringMatching(/^ALERT_SMTP_URL leads to 169\.254\.169\.254 \(link-local\)/),
    ])
  })
})

describe('the outgoing networks of a process', () => {
  const networks = (env: Record<string, string>): readonly string[] => load(env).outgoing.networks

  it('are the public and private ones in production, with this machine when a destination is on it', () => {
    expect(networks(PRODUCTION)).toEqual(['public', 'private'])
    const here = {
      NOTIFY_WEBHOOK_URL: 'http://localhost:9000/hook',
      NOTIFY_WEBHOOK_SECRET: `whsec_${PRODUCTION.ENCRYPTION_KEY}`,
    }
    expect(networks({ ...PRODUCTION, ...here })).toContain('loopback')
    expect(networks({})).toEqual(['public', 'private', 'loopback'])
  })

  it('are those that OUTGOING_NETWORKS lists, as names and ranges', () => {
    expect(load({ ...PRODUCTION, OUTGOING_NETWORKS: 'public, 10.1.0.0/16' }).outgoing).toEqual({
      networks: ['public'],
      ranges: ['10.1.0.0/16'],
    })
    for (const OUTGOING_NETWORKS of ['internet', '10.1.0.0', '10.1.0.0/33', ','])
      expect(problems({ OUTGOING_NETWORKS })).toEqual([
        'OUTGOING_NETWORKS must list any of public, private, loopback and address ranges such as 10.1.0.0/16, separated by commas',
      ])
  })

  it('make the start fail for an address outside them, with the remedy', () => {
    const refused = (url: string, kind: string): void => {
      const host = new URL(url).hostname.replace(/[[\]]/g, '')
      const text = `NOTIFY_WEBHOOK_URL leads to ${host} (${kind}), which is not allowed: set another address, or add it to OUTGOING_NETWORKS`
      expect(
        problems({
          ...PRODUCTION,
          NOTIFY_WEBHOOK_URL: url,
          NOTIFY_WEBHOOK_SECRET: `whsec_${PRODUCTION.ENCRYPTION_KEY}`,
        }),
      ).toEqual([text])
    }
    refused('http://169.254.169.254/latest', 'link-local')
    refused('http://[::ffff:a9fe:a9fe]/', 'link-local')
    refused('http://0.0.0.0:80/', 'reserved')
    expect(problems({ ...PRODUCTION, OUTGOING_NETWORKS: 'public', PAXOS_API_URL: 'https://10.0.0.1/v2' })).toEqual([
      'PAXOS_API_URL leads to 10.0.0.1 (private), which is not allowed: set another address, or add it to OUTGOING_NETWORKS',
    ])
  })

  it('never allow an unverified certificate in production', () => {
    expect(problems({ ...PRODUCTION, NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toEqual([
      'NODE_TLS_REJECT_UNAUTHORIZED must not be 0 when NODE_ENV=production: name your own CA with NODE_EXTRA_CA_CERTS instead',
    ])
    expect(problems({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })).toEqual([])
  })
})
