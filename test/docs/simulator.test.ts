import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { OPERATION_NAMES } from '../../src/sandbox/api/operations.ts'
import { SettingsSchema } from '../../src/sandbox/control/sandbox-settings.ts'
import { MAGIC_ORDERS } from '../../src/sandbox/exchange/magic-amounts.ts'
import { MAGIC_WIRES } from '../../src/sandbox/money/transfer-desk.ts'
import { FACTS } from '../../src/sandbox/page/assumptions.ts'

const page = readFileSync('docs/simulator.md', 'utf8')

describe('docs/simulator.md', () => {
  it('lists every operation, every magic amount, and A51: each fact with its basis', () => {
    for (const name of OPERATION_NAMES) expect(page).toContain(`| \`${name}\` |`)
    for (const digits of Object.keys(MAGIC_ORDERS)) expect(page).toContain(`\`666.${digits}\``)
    for (const amount of Object.keys(MAGIC_WIRES)) expect(page).toContain(`\`${amount}\``)
    for (const { about, does, basis } of FACTS) expect(page).toContain(`| ${about} | ${does} | ${basis} |`)
  })

  it('names existing knobs only', () => {
    const knobs = Object.keys(SettingsSchema.shape)
    for (const { knob } of FACTS) for (const name of knob?.split(', ') ?? []) expect(knobs).toContain(name)
  })
})
