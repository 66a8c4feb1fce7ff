import { describe, expect, it } from 'vitest'
import type { InboxRow } from '../../src/inbox/inbox.ts'
import type { Sender } from '../../src/paxos/batch-reader.ts'
import type { ConfirmationReader } from '../../src/paxos/confirmation-reader.ts'
import type { KeyGate } from '../../src/saga/key-gate.ts'
import { type OwnRoute, prepareEvent } from '../../src/saga/prepare-event.ts'
import type { StreamWork } from '../../src/saga/stream-work.ts'
import { acceptedRow } from '../support/accepted-row.ts'

/** Commands and timers are confirmed already: a read at Paxos fails the test. */
const NO_READS = {
  event: () => Promise.reject(new Error('Paxos was read')),
  identity: () => Promise.reject(new Error('Paxos was read')),
} as unknown as ConfirmationReader // the two that a route could call

const row = (change: Partial<InboxRow>): InboxRow => ({
  ...acceptedRow({ seq: '7', eventId: 'gatehouse:command:1', at: new Date(0) }),
  ...change,
})

function ownRoute(type: string, asked: object[]): OwnRoute {
  return {
    type,
    work: (about) => {
      asked.push({ type, streamId: about.streamId, priority: about.priority, seq: about.row.seq })
      return {} as StreamWork // only who is asked counts here
    },
  }
}

describe.each(['command', 'timer'] as const)('a %s', (origin) => {
  it('goes to the route of its type, with its stream, and Paxos is not read', async () => {
    const asked: object[] = []
    const ownRoutes = [ownRoute('fund-account', asked), ownRoute('place-order', asked), ownRoute('cancel-order', asked)]
    const about = row({ origin, type: 'place-order', streamId: 'order-1', seq: '7' })
    const prepared = await prepareEvent({ reader: NO_READS, routes: [], ownRoutes }, about, 'replay')
    if (prepared.kind !== 'moves') throw new Error('it was kept')
    expect(prepared.event).toBeNull()
    prepared.work()
    expect(asked).toEqual([{ type: 'place-order', streamId: 'order-1', priority: 'replay', seq: '7' }])
  })

  it.each([
    ['no route has its type', { type: 'no-such-type', streamId: 'order-1' }],
    ['it names no stream', { type: 'place-order', streamId: null }],
  ])('is refused when %s', async (_when, change) => {
    const parts = { reader: NO_READS, routes: [], ownRoutes: [ownRoute('place-order', [])] }
    await expect(prepareEvent(parts, row({ origin, ...change }), 'live')).rejects.toMatchObject({ code: 'ORIGIN_UNKNOWN' })
  })

  it('is refused when there are no routes for what Gatehouse itself asks for', async () => {
    const about = row({ origin, type: 'place-order', streamId: 'order-1' })
    await expect(prepareEvent({ reader: NO_READS, routes: [] }, about, 'live')).rejects.toMatchObject({ code: 'ORIGIN_UNKNOWN' })
  })
})

describe.each(['webhook', 'sweep'] as const)('an event of origin %s that a listing has confirmed', (origin) => {
  it('moves its stream with what the listing showed, and Paxos is not read again', async () => {
    const evidence = {
      ...{
        type: 'identity.approved',
        createdAt: '2026-03-02T09:15:30Z',
        identityId: 'i1',
        transferId: null,
        requiredDocuments: [],
        nextKycRefreshDate: null,
      },
    }
    const asked: unknown[] = []
    const route = {
      moves: (type: string) => type === 'identity.approved',
      work: (event: unknown, { priority }: { priority: string }) => {
        asked.push(event, priority)
        return {} as StreamWork // only what is asked counts here
      },
    }
    const other = { ...route, moves: () => false }
    const prepared = await prepareEvent({ reader: NO_READS, routes: [other, route] }, row({ origin, evidence }), 'live')
    expect(prepared).toMatchObject({ kind: 'moves', event: evidence })
    if (prepared.kind === 'moves') prepared.work()
    expect(asked).toEqual([evidence, 'live'])
  })
})

describe('an event from a webhook', () => {
  const EVENT = { type: 'identity.approved', identityId: 'i1' }
  /** Prepares it; resolves with the key whose quota bounds the read; null: none. */
  async function senderOf(change: Partial<InboxRow>, { gated = true } = {}): Promise<string | null> {
    const asked: string[] = []
    const readSingly = (slot: string, read: () => Promise<unknown>): Promise<unknown> => {
      asked.push(slot)
      return read()
    }
    const gate = { readSingly } as unknown as KeyGate // the only question of this path
    let slot: string | null = null
    const reader = {
      event: async (_id: string, _at: number, { sender }: { sender?: Sender }) => {
        slot = sender?.keySlot ?? null
        await sender?.readSingly(async () => 'read')
        return EVENT
      },
    } as unknown as ConfirmationReader // the only read of this path
    const about = row({ origin: 'webhook', eventId: 'e1', keySlot: 'key-1', trust: 'hint', authority: 'machine', ...change })
    const prepared = await prepareEvent({ reader, keys: gated ? gate : undefined, routes: [] }, about, 'live')
    expect(prepared).toEqual({ kind: 'kept', event: EVENT })
    expect(asked).toEqual(slot === null ? [] : [slot])
    return slot
  }

  it('F50: is read within the quota of the key that brought it', async () => {
    expect(await senderOf({})).toBe('key-1')
  })

  it.each([
    ['no key brought it', { keySlot: null }],
    ['a listing has confirmed it', { trust: 'confirmed' }],
    ['an operator opened it again', { authority: 'operator' }],
  ] as const)('F50: is read without a quota when %s', async (_when, change) => {
    expect(await senderOf(change)).toBeNull()
  })

  it('F50: is read without a quota in a preview, which has no gate', async () => {
    expect(await senderOf({}, { gated: false })).toBeNull()
  })
})
