import { describe, expect, it } from 'vitest'
import { cancelOrderEffect } from '../../src/effects/cancel-order.ts'
import { createAccountEffect } from '../../src/effects/create-account.ts'
import { createDepositInstructionsEffect } from '../../src/effects/create-deposit-instructions.ts'
import { executeQuoteEffect } from '../../src/effects/execute-quote.ts'
import { fundAccountEffect } from '../../src/effects/fund-account.ts'
import { placeOrderEffect } from '../../src/effects/place-order.ts'
import { sendWireEffect } from '../../src/effects/send-wire.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'

const clock = { now: () => 0 }
const deposits = { ...clock, balanceOnRecord: () => Promise.reject(new Error('read')), waitsForOlder: async () => false }
const wires = { ...clock, wiresAlike: () => Promise.reject(new Error('read')), waitsForOlder: async () => false }

describe('the room that an effect asks for before an attempt is on record', () => {
  it.each<[string, (paxos: PaxosClient) => { room?(priority: 'live' | 'replay'): Promise<void> }]>([
    ['accounts.create', createAccountEffect],
    ['orders.create', (paxos) => placeOrderEffect(paxos, clock)],
    ['orders.cancel', cancelOrderEffect],
    ['quote-executions.create', (paxos) => executeQuoteEffect(paxos, clock)],
    ['deposit-instructions.create', createDepositInstructionsEffect],
    ['deposits.fund-sandbox', (paxos) => fundAccountEffect(paxos, deposits)],
    ['deposits.send-wire', (paxos) => sendWireEffect(paxos, wires)],
  ])('is that of its own call, %s, with its own priority', async (operation, create) => {
    const asked: unknown[] = []
    const full = new Error('no room')
    const room = (...args: unknown[]): Promise<void> => {
      asked.push(args)
      return Promise.reject(full)
    }
    await expect(create({ room } as unknown as PaxosClient).room?.('replay')).rejects.toBe(full) // it makes no other calls
    expect(asked).toEqual([[operation, { priority: 'replay' }]])
  })
})
