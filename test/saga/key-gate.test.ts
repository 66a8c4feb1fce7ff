import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { KeyRecord } from '../../src/inbox/key-record.ts'
import { PaxosNotFoundError, PaxosUnavailableError } from '../../src/paxos/paxos-errors.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createKeyGate } from '../../src/saga/key-gate.ts'

const operation = 'events.get'
const unknown = () => Promise.reject(new PaxosNotFoundError({ operation }))

/** A gate on a store in memory with this many reads left for each key. */
function start({ reads = Number.POSITIVE_INFINITY }: { reads?: number } = {}) {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const left = new Map<string, number>()
  const questions: { slot: string; wanted: number }[] = []
  const standing = new Map<string, KeyRecord['demoted']>()
  const counted: unknown[] = []
  const gate = createKeyGate({
    logger: createLogger({ level: 'silent' }),
    store: {
      takeReads: async (slot, wanted) => {
        questions.push({ slot, wanted })
        const granted = Math.min(wanted, left.get(slot) ?? reads)
        left.set(slot, (left.get(slot) ?? reads) - granted)
        return { granted, demoted: Boolean(standing.get(slot)) }
      },
      countLookups: async (lookups) => {
        counted.push(...lookups)
        const keys = lookups.map(({ slot }) => ({
          ...{ slot, accepted: true, lastUsedAt: null, known: 0, unknown: 0 },
          demoted: standing.get(slot) ?? null,
        }))
        return { keys, turns: [] }
      },
    },
  })
  onTestFinished(() => gate.close())
  return { gate, questions, standing, counted }
}

describe('single reads of unproven events', () => {
  it('F50: cost a key whose events Paxos knows one question to the database, and no quota', async () => {
    const { gate, questions } = start({ reads: 1 })
    for (let event = 0; event < 200; event += 1) expect(await gate.readSingly('own', async () => event)).toBe(event)
    expect(questions).toEqual([{ slot: 'own', wanted: 1 }])
  })

  it('F50: share one question when many start at once', async () => {
    const { gate, questions } = start()
    await Promise.all(Array.from({ length: 50 }, () => gate.readSingly('own', async () => 1)))
    expect(questions).toEqual([{ slot: 'own', wanted: 50 }])
  })

  it('F50: end with the quota when Paxos does not know the events, and go on for another key', async () => {
    const { gate, questions } = start({ reads: 10 })
    const read = vi.fn(unknown)
    for (let event = 0; event < 50; event += 1) await gate.readSingly('stolen', read).catch(() => null)
    expect(read).toHaveBeenCalledTimes(10)
    expect(questions.length).toBeLessThanOrEqual(11) // an empty quota is not asked for again at once
    expect(await gate.readSingly('own', async () => 'found')).toBe('found')
    vi.advanceTimersByTime(1_001)
    await gate.readSingly('stolen', read)
    expect(questions.filter(({ slot }) => slot === 'stolen').length).toBeLessThanOrEqual(12)
  })

  it('F50: cost no quota when Paxos is away', async () => {
    const { gate } = start({ reads: 1 })
    for (let event = 0; event < 5; event += 1)
      await expect(gate.readSingly('own', () => Promise.reject(new PaxosUnavailableError({ operation })))).rejects.toThrow()
    expect(await gate.readSingly('own', async () => 'found')).toBe('found')
  })

  it('F50: end within a second of the demotion by any worker, and go on within a second of the promotion', async () => {
    const { gate, standing, counted } = start()
    expect(await gate.readSingly('own', async () => 1)).toBe(1)
    standing.set('own', { at: new Date(), known: 0, unknown: 60 })
    gate.lookedUp('own', 'unknown')
    gate.lookedUp('own', 'known')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(counted).toEqual([{ slot: 'own', known: 1, unknown: 1 }])
    expect(await gate.readSingly('own', async () => 1)).toBeNull()
    standing.delete('own')
    gate.lookedUp('own', 'known')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await gate.readSingly('own', async () => 1)).toBe(1)
  })
})
