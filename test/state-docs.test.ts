import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DELIVERY_STATES, INCIDENT_STATES } from '../src/alert/alert-incident.ts'
import { ACCOUNT_STATES } from '../src/domain/account/account.ts'
import { CLOSING_STATES } from '../src/domain/account/account-closing.ts'
import { ACCOUNT_MEMBER_CHANGE_STATES } from '../src/domain/account/account-member-change.ts'
import { IMPORT_STATES } from '../src/domain/bulk-import.ts'
import { DOCUMENT_STATES } from '../src/domain/document/document.ts'
import { EFFECT_STATES } from '../src/domain/effect.ts'
import { EVENT_STATES } from '../src/domain/event-state.ts'
import { CHANGE_STATES } from '../src/domain/identity-change/identity-change.ts'
import { MEMBER_CHANGE_STATES } from '../src/domain/institution/member-change.ts'
import { ONBOARDING_STATES } from '../src/domain/onboarding/onboarding.ts'
import { ORDER_STATES } from '../src/domain/trade/order.ts'
import { QUOTE_EXECUTION_STATES } from '../src/domain/trade/quote-execution.ts'
import { DEPOSIT_STATES } from '../src/domain/transfer/deposit.ts'
import { INSTRUCTIONS_STATES } from '../src/domain/transfer/deposit-instructions.ts'
import { TRANSFER_STATES } from '../src/domain/transfer/transfer.ts'
import { WIRE_STATES } from '../src/domain/transfer/wire.ts'
import { ISSUE_STATES } from '../src/inbox/read-issues.ts'
import { RECONCILIATION_STATES } from '../src/reconcile/reconciliation.ts'
import { REPLAY_STATES } from '../src/replay/replay-record.ts'

/** Each list of states: the file and the constant that hold it, and the states themselves. */
const LISTS: Readonly<Record<string, { file: string; states: readonly string[] }>> = {
  EVENT_STATES: { file: 'domain/event-state.ts', states: EVENT_STATES },
  ISSUE_STATES: { file: 'inbox/read-issues.ts', states: ISSUE_STATES },
  EFFECT_STATES: { file: 'domain/effect.ts', states: EFFECT_STATES },
  REPLAY_STATES: { file: 'replay/replay-record.ts', states: REPLAY_STATES },
  IMPORT_STATES: { file: 'domain/bulk-import.ts', states: IMPORT_STATES },
  RECONCILIATION_STATES: { file: 'reconcile/reconciliation.ts', states: RECONCILIATION_STATES },
  INCIDENT_STATES: { file: 'alert/alert-incident.ts', states: INCIDENT_STATES },
  DELIVERY_STATES: { file: 'alert/alert-incident.ts', states: DELIVERY_STATES },
  ONBOARDING_STATES: { file: 'domain/onboarding/onboarding.ts', states: ONBOARDING_STATES },
  ACCOUNT_STATES: { file: 'domain/account/account.ts', states: ACCOUNT_STATES },
  ACCOUNT_MEMBER_CHANGE_STATES: { file: 'domain/account/account-member-change.ts', states: ACCOUNT_MEMBER_CHANGE_STATES },
  CLOSING_STATES: { file: 'domain/account/account-closing.ts', states: CLOSING_STATES },
  DEPOSIT_STATES: { file: 'domain/transfer/deposit.ts', states: DEPOSIT_STATES },
  CHANGE_STATES: { file: 'domain/identity-change/identity-change.ts', states: CHANGE_STATES },
  DOCUMENT_STATES: { file: 'domain/document/document.ts', states: DOCUMENT_STATES },
  INSTRUCTIONS_STATES: { file: 'domain/transfer/deposit-instructions.ts', states: INSTRUCTIONS_STATES },
  TRANSFER_STATES: { file: 'domain/transfer/transfer.ts', states: TRANSFER_STATES },
  MEMBER_CHANGE_STATES: { file: 'domain/institution/member-change.ts', states: MEMBER_CHANGE_STATES },
  WIRE_STATES: { file: 'domain/transfer/wire.ts', states: WIRE_STATES },
  QUOTE_EXECUTION_STATES: { file: 'domain/trade/quote-execution.ts', states: QUOTE_EXECUTION_STATES },
  ORDER_STATES: { file: 'domain/trade/order.ts', states: ORDER_STATES },
}

/** What the comment above a constant says of each state: the text after "- `state`:". */
function documented(name: string, file: string): Map<string, string> {
  const text = readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8')
  const before = text.slice(0, text.indexOf(`export const ${name}`))
  const items = before.slice(before.lastIndexOf('/**')).split('\n * - `').slice(1)
  return new Map(items.map((item) => [item.slice(0, item.indexOf('`')), item.slice(item.indexOf(': ') + 2)]))
}

describe.each(Object.entries(LISTS))('the states of %s', (name, { file, states }) => {
  it('are all documented, and no others', () => {
    expect([...documented(name, file).keys()]).toEqual([...states])
  })

  it.each(states)('say what moves an item into and out of `%s`', (state) => {
    expect(documented(name, file).get(state)).toMatch(/\bIn: .*\bOut: /s)
  })
})
