import type { Pool } from 'pg'
import type { ErasureBlock } from '../../domain/erasure.ts'
import { FINAL } from '../../domain/trade/order.ts'
import type { RunningEffect, StreamOfPerson } from '../../ledger/read-person.ts'
import type { PaxosBalance } from '../../paxos/balances.ts'
import { GATEHOUSE } from '../../platform/command-name.ts'
import { type LegalHold, listHolds } from '../../vault/legal-holds.ts'

/** States of the other streams in which money or a file is still moving. */
const MOVING: Readonly<Record<string, readonly string[]>> = {
  account: ['submitting', 'unknown', 'held'],
  deposit: ['submitting', 'unknown', 'held'],
  transfer: ['pending', 'held'],
  'quote-execution': ['submitting', 'unknown', 'created', 'held'],
  'deposit-instructions': ['submitting', 'unknown'],
  document: ['sending'],
  'account-closing': ['cancelling', 'selling', 'waiting', 'finishing', 'held'],
  'identity-change': ['submitting', 'unknown'],
}

/** The legal holds that stand, as blocks. */
export async function holdsThatBlock(pool: Pool, subject: string): Promise<ErasureBlock[]> {
  return (await listHolds(pool, { subject, standing: true })).map(ofHold)
}

function ofHold({ subject, name, setBy, setAt }: LegalHold): ErasureBlock {
  return {
    kind: 'legal-hold',
    id: name,
    detail: `the legal hold "${name}", set by ${setBy} on ${setAt.toISOString().slice(0, 10)}`,
    remedy: `${GATEHOUSE} legal-hold lift ${subject} --name "${name}" --operator <you> --reason "..."`,
  }
}

/** Orders and transfers that have not ended. Pure. */
export function streamsThatBlock(streams: readonly StreamOfPerson[]): ErasureBlock[] {
  return streams.flatMap(({ kind, id, state }): ErasureBlock[] => {
    if (kind === 'order')
      return (FINAL as readonly string[]).includes(state)
        ? []
        : [{ kind: 'open-order', id, detail: `order ${id} is ${state}`, remedy: `${GATEHOUSE} order cancel ${id}` }]
    if (!MOVING[kind]?.includes(state)) return []
    const remedy = state === 'held' ? 'Clear it with Paxos first.' : 'Wait until it has ended, then erase again.'
    return [{ kind: 'open-transfer', id, detail: `${kind} ${id} is ${state}`, remedy }]
  })
}

/** Effects that may be happening at Paxos now. Pure. */
export function effectsThatBlock(running: readonly RunningEffect[]): ErasureBlock[] {
  return running.map(({ streamId, step, leaseUntil }) => ({
    kind: 'running-effect',
    id: `${streamId} ${step}`,
    detail: leaseUntil ? `${step} of ${streamId} is running` : `the outcome of ${step} of ${streamId} at Paxos is unknown`,
    remedy: leaseUntil
      ? `Wait until ${leaseUntil.toISOString()}, then erase again.`
      : 'Wait until a worker has looked it up, or replay its event; then erase again.',
  }))
}

/** Balances at Paxos that are not zero. Pure. */
export function balancesThatBlock(balances: readonly PaxosBalance[]): ErasureBlock[] {
  return balances
    .filter(({ available, trading }) => !available.isZero() || !trading.isZero())
    .map(({ asset, available, trading }) => ({
      kind: 'balance',
      id: asset,
      detail: `the account holds ${asset}: ${available} available, ${trading} in orders`,
      remedy: 'Sell it and pay it out at Paxos, then erase again.',
    }))
}
