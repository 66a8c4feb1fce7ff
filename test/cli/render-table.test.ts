import { describe, expect, it } from 'vitest'
import { renderTable } from '../../src/cli/render-table.ts'

const HEAD = ['ID', 'STATE', 'DETAIL']
const ROWS = [
  ['7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10', 'parked', 'x'.repeat(300)],
  ['short', 'dead', 'little to say'],
]

describe('F24: a table', () => {
  it('shows every value whole in a pipe or a file', () => {
    expect(renderTable(HEAD, ROWS, { width: null })).toContain('x'.repeat(300))
  })

  it.each([60, 80, 120])('fits a terminal of %i columns and cuts its widest column with an ellipsis', (width) => {
    const lines = renderTable(HEAD, ROWS, { width }).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width)
    expect(lines[1]).toContain('x…')
    expect(lines[2]).toContain('little to say')
  })

  it('cuts nothing that fits, and no column to nothing in the narrowest terminal', () => {
    expect(renderTable(HEAD, ROWS.slice(1), { width: 40 })).not.toContain('…')
    expect(renderTable(HEAD, ROWS, { width: 5 }).split('\n')[1]).toMatch(/^7f0f5b7e…/)
  })
})
