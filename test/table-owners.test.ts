import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Each table has one folder whose SQL may name it. `platform` owns the tables of Postgres itself and of Prisma. */
const OWNERS: Readonly<Record<string, string>> = {
  inbox_event: 'inbox',
  inbox_total: 'inbox',
  delivery_sample: 'inbox',
  webhook_key: 'inbox',
  event_dismissal: 'inbox',
  failure_cause: 'inbox',
  command: 'inbox',
  onboarding: 'ledger',
  effect: 'ledger',
  effect_attempt: 'ledger',
  ledger_entry: 'ledger',
  trade_order: 'ledger',
  deposit: 'ledger',
  deposit_instructions: 'ledger',
  account: 'ledger',
  account_member_change: 'ledger',
  account_closing: 'ledger',
  document: 'ledger',
  identity_change: 'ledger',
  transfer: 'ledger',
  wire: 'ledger',
  member_change: 'ledger',
  quote_execution: 'ledger',
  held_quote: 'ledger',
  identity_request: 'ledger',
  sealed_payload: 'vault',
  vault_key: 'vault',
  vault_erasure: 'vault',
  vault_root: 'vault',
  erasure: 'vault',
  legal_hold: 'vault',
  replay: 'replay',
  replay_item: 'replay',
  audit_entry: 'audit',
  operator: 'operators',
  operator_token: 'operators',
  operator_session: 'operators',
  sweep_window: 'reconcile',
  sweep_claim: 'reconcile',
  reconciliation: 'reconcile',
  import: 'imports',
  import_reject: 'imports',
  identity_poll: 'reconcile',
  paxos_budget: 'paxos',
  paxos_contact: 'paxos',
  canary: 'queue',
  installation: 'roster',
  notice_health: 'notify',
  alert_incident: 'alert',
  alert_delivery: 'alert',
  alert_channel: 'alert',
  alert_round: 'alert',
  role_process: 'roster',
}

/** The one exception is by design: the ledger's commit completes the inbox event in the same statement. */
const EXCEPTIONS: readonly string[] = ['src/ledger/ledger-sql.ts: inbox_event']

function tablesIn(path: string): string[] {
  const text = readFileSync(new URL(path, `file://${ROOT}`), 'utf8')
  const named = [...text.matchAll(/\b(?:FROM|INTO|UPDATE|JOIN|TABLE)\s+(?:ONLY\s+)?([a-z_]+)\b/g)].map(([, table]) => table ?? '')
  const models = [...text.matchAll(/\bprisma\.([a-zA-Z]+)\./g)].map(([, model]) =>
    (model ?? '').replaceAll(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
  )
  return [...new Set([...named, ...models])].filter((table) => table in OWNERS)
}

const foreign = globSync('src/**/*.ts', { cwd: ROOT, exclude: ['src/generated/**'] }).flatMap((path) =>
  tablesIn(path)
    .filter((table) => OWNERS[table] !== path.split('/')[1])
    .map((table) => `${path}: ${table}`),
)

describe('SQL', () => {
  it('names a table only in the folder that owns it', () => {
    expect(foreign.filter((use) => !EXCEPTIONS.includes(use))).toEqual([])
  })

  it('needs every listed exception', () => {
    expect(EXCEPTIONS.filter((use) => !foreign.includes(use))).toEqual([])
  })

  it('has an owner for every table of the migrations', () => {
    const created = globSync('prisma/migrations/*/migration.sql', { cwd: ROOT }).flatMap((path) =>
      [...readFileSync(new URL(path, `file://${ROOT}`), 'utf8').matchAll(/CREATE TABLE (\w+)/g)].map(([, table]) => table ?? ''),
    )
    const dropped = globSync('prisma/migrations/*/migration.sql', { cwd: ROOT }).flatMap((path) =>
      [...readFileSync(new URL(path, `file://${ROOT}`), 'utf8').matchAll(/DROP TABLE (\w+)/g)].map(([, table]) => table ?? ''),
    )
    expect(created.filter((table) => !(table in OWNERS) && !dropped.includes(table))).toEqual([])
  })
})
