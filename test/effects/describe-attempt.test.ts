import { describe, expect, it } from 'vitest'
import { describeAttempt } from '../../src/effects/describe-attempt.ts'
import { PaxosRefusedError } from '../../src/paxos/paxos-errors.ts'

describe('F14: the record of an attempt', () => {
  it("has Paxos's problem type", () => {
    const problemType = 'https://developer.paxos.com/docs/v2/problems/insufficient-funds'
    const error = new PaxosRefusedError({ operation: 'orders.create', status: 403, problemType })
    expect(describeAttempt(error)).toMatchObject({ operation: 'orders.create', status: 403, code: 'PAXOS_REFUSED', problemType })
  })

  it('of a failure of our own has its code alone', () => {
    expect(describeAttempt(new TypeError('Ada Lovelace is undefined'))).toEqual({
      ...{ operation: null, status: null, code: 'TypeError', problemType: null, detail: null },
    })
  })
})
