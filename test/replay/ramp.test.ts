import { describe, expect, it } from 'vitest'
import { causeToStop, customersOf, RAMP } from '../../src/replay/ramp.ts'

const fine = { errorCode: null, foreseen: false }
const refused = { errorCode: 'NOTICE_REFUSED', foreseen: false }
const times = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item)

describe('the ramp of a run', () => {
  it('B1: reopens 1, 2, 5, 20 and 50 customers, then the rest, and starts again at 1 after a stop', () => {
    expect(RAMP.map((_, at) => customersOf(at + 1, 1))).toEqual([1, 2, 5, 20, 50])
    expect([customersOf(6, 1), customersOf(4, 4), customersOf(9, 4)]).toEqual([null, 1, null])
  })

  it.each([
    ['nothing has completed', [], false, null],
    ['all succeeded', times(5, fine), false, null],
    ['the only one failed', [refused], false, 'NOTICE_REFUSED'],
    ['half failed with one cause', [refused, fine], false, 'NOTICE_REFUSED'],
    ['fewer than half failed', [refused, fine, fine], false, null],
    ['half failed, with two causes', [refused, { ...refused, errorCode: 'OTHER' }, fine, fine], false, null],
    ['it failed as planned', [{ ...refused, foreseen: true }], false, null],
    ['nine of the rest failed', times(9, refused), true, null],
    ['ten of the rest failed', times(10, refused), true, 'NOTICE_REFUSED'],
  ])('decides whether to stop when %s', (_what, items, rest, cause) => {
    expect(causeToStop(items, { rest })).toBe(cause)
  })
})
