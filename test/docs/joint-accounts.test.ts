import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { printJointTable } from '../domain/account/joint-table.ts'

describe('docs/paxos.md', () => {
  it('A44: prints the truth table of joint accounts as the code makes it', () => {
    const page = readFileSync(new URL('../../docs/paxos.md', import.meta.url), 'utf8')
    expect(page).toContain(printJointTable())
  })
})
