import { describe, expect, it, onTestFinished } from 'vitest'
import { readText } from '../docs/read-tables.ts'
import { runGatehouse } from '../load/run-gatehouse.ts'
import { createTestDatabase } from '../support/test-database.ts'
import { ATTACKS, OPTIONS, runAttacks } from './run-attacks.ts'

const WEBHOOK_KEY = 'a-stolen-webhook-key-0001'
const OPERATOR_TOKEN = 'operator-token-under-attack'

describe('the attack list', () => {
  it('finds no weakness, with a stolen webhook key too', { timeout: 400_000 }, async () => {
    const database = await createTestDatabase()
    onTestFinished(() => database.drop())
    const { receiverUrl, operatorUrl } = await runGatehouse({
      DATABASE_URL: database.url,
      WEBHOOK_API_KEYS: WEBHOOK_KEY,
      OPERATOR_TOKEN,
      WORKER_PORT: '0',
    })
    const results = await runAttacks({ receiverUrl, operatorUrl, webhookKey: WEBHOOK_KEY, operatorToken: OPERATOR_TOKEN })
    expect(results.filter(({ result }) => result !== 'held')).toEqual([])
    expect(results).toHaveLength(ATTACKS.length)
  })
})

describe('docs/security.md', () => {
  it('lists every attack with the fault or chapter that it stands for', () => {
    const table = readText('docs/security.md').split('<!-- attacks:begin -->')[1]?.split('<!-- attacks:end -->')[0]?.trim()
    const rows = ATTACKS.map(({ name, stands, needs = [] }) => `| ${name} | ${stands} | ${needs.map((each) => OPTIONS[each]).join(', ')} |`)
    expect(table).toBe(['| Attack | Stands for | Needs |', '|---|---|---|', ...rows].join('\n'))
  })
})
