import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { alertSeverity, RUNBOOK, runbookOf } from '../../../src/operate/alerts/runbook.ts'
import { PROBLEM_KINDS } from '../../../src/operate/problems/problem.ts'

const HEADINGS = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('#'))
  .map((line) => line.replace(/^#+ /, '').toLowerCase().replaceAll(' ', '-'))

describe('the runbook of an alert', () => {
  it.each(PROBLEM_KINDS)('B18: is a section of docs/operations.md for %s', (kind) => {
    expect(HEADINGS).toContain(RUNBOOK[kind])
  })

  it('starts with ALERT_RUNBOOK_URL if it is set', () => {
    expect(runbookOf('held', 'https://wiki.example.com/ops')).toBe('https://wiki.example.com/ops#an-onboarding-is-held')
  })
})

it('B18: an acknowledged problem is never critical', () => {
  expect([alertSeverity({ kind: 'no-worker', severity: 'fault' }), alertSeverity({ kind: 'key-demoted', severity: 'warning' })]).toEqual([
    'critical',
    'warning',
  ])
})
