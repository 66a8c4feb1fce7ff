import { describe, expect, it } from 'vitest'
import { LEASE_MS } from '../../src/domain/effect.ts'
import { Amount } from '../../src/domain/money.ts'
import { type Deposit, type DepositSnapshot, openDeposit } from '../../src/domain/transfer/deposit.ts'
import type { EffectTask } from '../../src/effects/effect-kind.ts'
import { fundAccountEffect } from '../../src/effects/fund-account.ts'
import type { PaxosClient } from '../../src/paxos/paxos-client.ts'

const LOST_AT_MS = 1_000_000
const DEPOSIT: Deposit = {
  ...{ depositId: 'deposit-1', accountId: 'account-1', identityId: 'identity-1', profileId: 'profile-1' },
  ...{ asset: 'USD', amount: '100', state: 'unknown', reason: null, activityId: null, requestedAt: 0 },
}

/** A deposit whose answer was lost at LOST_AT_MS, before a Paxos with this balance; the ledger has 50 USD on record. */
function lostDeposit({ balance = '50', now = LOST_AT_MS, waits = false }) {
  const sent: unknown[] = []
  const paxos = {
    balances: { list: async () => [{ asset: 'USD', available: Amount.of(balance), trading: Amount.zero }] },
    deposits: { fundSandbox: async (...call: unknown[]) => void sent.push(call) },
  } as unknown as PaxosClient // the effect makes no other calls
  const parts = { balanceOnRecord: async () => Amount.of('50'), waitsForOlder: async () => waits, now: () => now }
  const snapshot = openDeposit(DEPOSIT)
  const lease = { seq: '1', generation: 0, until: LOST_AT_MS + LEASE_MS }
  const task: EffectTask<DepositSnapshot> = {
    ...{ streamId: 'deposit-1', snapshot, priority: 'live' },
    effect: { ...snapshot.effects[0]!, attempts: 1, lease },
  }
  return { effect: fundAccountEffect(paxos, parts), task, sent }
}

describe('a Sandbox deposit whose answer was lost', () => {
  it('A1: is looked for again, and not sent, until 10 s have passed since the attempt', async () => {
    const early = lostDeposit({ now: LOST_AT_MS + 9_999 })
    await expect(early.effect.find?.(early.task)).rejects.toMatchObject({
      ...{ code: 'DEPOSIT_OUTCOME_OPEN', retry: 'snooze', retryAfterMs: 10_000 },
    })
    const late = lostDeposit({ now: LOST_AT_MS + 10_000 })
    expect(await late.effect.find?.(late.task)).toBeNull()
  })

  it('A1: is taken as made at once when the balance shows it', async () => {
    const { effect, task } = lostDeposit({ balance: '150' })
    expect(await effect.find?.(task)).toMatchObject({ kind: 'account-funded', how: 'found' })
  })

  it('waits for a person when the balance shows something else', async () => {
    const { effect, task } = lostDeposit({ balance: '70' })
    await expect(effect.find?.(task)).rejects.toMatchObject({ code: 'DEPOSIT_UNCLEAR' })
  })

  it('A1: neither looks nor is sent while an older deposit of the account has no answer, whose money it could take for its own', async () => {
    const { effect, task, sent } = lostDeposit({ balance: '150', waits: true })
    await expect(effect.find?.(task)).rejects.toMatchObject({ code: 'DEPOSIT_OUTCOME_OPEN', retryAfterMs: 1_000 })
    await expect(effect.perform(task)).rejects.toMatchObject({ code: 'DEPOSIT_OUTCOME_OPEN' })
    expect(sent).toEqual([])
  })
})
