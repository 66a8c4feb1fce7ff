import { describe, expect, it } from 'vitest'
import type { InboxRow } from '../../src/inbox/inbox.ts'
import { PaxosNotFoundError, PaxosUnavailableError } from '../../src/paxos/paxos-errors.ts'
import { createMemoryWorld, IDENTITY, type MemoryWorld, work } from './memory-world.ts'

const evidence = {
  type: 'identity.approved',
  createdAt: '2026-03-02T09:15:30Z',
  identityId: IDENTITY,
  transferId: null,
  requiredDocuments: [],
}

/** A world whose event came with a webhook key, and the counts of look-ups for it. */
function given(row: Partial<InboxRow> = {}): { world: MemoryWorld; counted: string[] } {
  const counted: string[] = []
  const world = createMemoryWorld({
    keys: {
      readSingly: (_slot, read) => read(),
      lookedUp: (slot, as) => void counted.push(`${slot} ${as}`),
      close: async () => {},
    },
  })
  Object.assign(world.row, { keySlot: 'slot-1', ...row })
  return { world, counted }
}

describe('F50: the count of look-ups for the webhook key of an event', () => {
  it('counts an event as known once, although its work is tried again after Paxos has confirmed it', async () => {
    const { world, counted } = given()
    world.reader.identity = () => Promise.reject(new PaxosUnavailableError({ operation: 'any' }))
    await work(world)
    expect(counted).toEqual(['slot-1 known'])
    await work(world)
    expect(world.row).toMatchObject({ state: 'accepted', trust: 'confirmed' })
    expect(counted).toEqual(['slot-1 known'])
  })

  it.each<[string, Partial<InboxRow>, string[]]>([
    ['counts an event that a listing has confirmed, at its first try', { trust: 'confirmed', evidence }, ['slot-1 known']],
    ['does not count it at its second try', { trust: 'confirmed', evidence, attempts: 1 }, []],
    ['does not count an event that an operator opened again', { authority: 'operator' }, []],
    ['does not count an event that came without a key', { keySlot: null }, []],
  ])('%s', async (_case, row, expected) => {
    const { world, counted } = given(row)
    await work(world)
    expect(world.row.state).toBe('processed')
    expect(counted).toEqual(expected)
  })

  it('counts an event as unknown when it is parked, and not at the first read that does not find it', async () => {
    const { world, counted } = given()
    world.reader.event = () => Promise.reject(new PaxosNotFoundError({ operation: 'any' }))
    await work(world)
    expect(counted).toEqual([])
    await work(world)
    expect(world.row.state).toBe('parked')
    expect(counted).toEqual(['slot-1 unknown'])
  })
})
