import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { KEY_USE_EVERY_MS, keepKeyUse } from '../../src/receive/key-use.ts'

type Noted = readonly { slot: string; lastUsedAt: Date | null }[]

function start() {
  vi.useFakeTimers({ now: 1_000_000 })
  onTestFinished(() => void vi.useRealTimers())
  const noted: Noted[] = []
  const failures: unknown[] = []
  let away = false
  const use = keepKeyUse(
    async (keys) => {
      if (away) throw new Error('Postgres is away')
      noted.push(keys)
    },
    { slots: ['api-key-old', 'api-key-new'], failed: (error) => failures.push(error) },
  )
  const turn = (to: 'away' | 'back'): void => {
    away = to === 'away'
  }
  return { use, noted, failures, turn }
}

describe('the record of used webhook keys', () => {
  it('F61: says at the start which keys the receiver accepts, and again every minute', async () => {
    const { use, noted } = start()
    await vi.advanceTimersByTimeAsync(59_000)
    const all = [
      { slot: 'api-key-old', lastUsedAt: null },
      { slot: 'api-key-new', lastUsedAt: null },
    ]
    expect(noted).toEqual([all])
    await vi.advanceTimersByTimeAsync(60_000)
    expect(noted).toEqual([all, all])
    await use.close()
  })

  it('F61: is one statement in 5 s for any number of deliveries', async () => {
    const { use, noted } = start()
    for (let delivery = 0; delivery < 1_000; delivery += 1) use.used('api-key-new')
    await vi.advanceTimersByTimeAsync(KEY_USE_EVERY_MS)
    expect(noted.slice(1)).toEqual([[{ slot: 'api-key-new', lastUsedAt: new Date(1_000_000) }]])
    await vi.advanceTimersByTimeAsync(KEY_USE_EVERY_MS)
    expect(noted).toHaveLength(2)
    await use.close()
  })

  it('F61: loses no use when Postgres is away, and writes the last one when the receiver ends', async () => {
    const { use, noted, failures, turn } = start()
    await vi.advanceTimersByTimeAsync(1)
    turn('away')
    use.used('api-key-old')
    await vi.advanceTimersByTimeAsync(KEY_USE_EVERY_MS)
    expect(failures).toHaveLength(1)
    turn('back')
    await vi.advanceTimersByTimeAsync(KEY_USE_EVERY_MS)
    expect(noted.at(-1)).toEqual([{ slot: 'api-key-old', lastUsedAt: new Date(1_000_001) }])
    use.used('api-key-new')
    await use.close()
    expect(noted.at(-1)).toMatchObject([{ slot: 'api-key-new' }])
  })
})
