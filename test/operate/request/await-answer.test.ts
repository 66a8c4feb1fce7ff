import { describe, expect, it } from 'vitest'
import { createAnswerWatch } from '../../../src/operate/request/await-answer.ts'

function watchOf(pending: Set<string>, fail: { error?: Error } = {}) {
  const reads: (readonly string[])[] = []
  let nowMs = 0
  const pendingAmong = async (ids: readonly string[]): Promise<ReadonlySet<string>> => {
    reads.push(ids)
    if (fail.error) throw fail.error
    return pending
  }
  return { answered: createAnswerWatch({ pendingAmong, now: () => nowMs }), reads, pass: (ms: number) => (nowMs += ms) }
}

describe('the watch for answers', () => {
  it('asks with one read for all streams that are waited for, and resolves each with its own answer', async () => {
    const pending = new Set(['a', 'b'])
    const { answered, reads } = watchOf(pending)
    const [a, b, again] = [answered('a'), answered('b'), answered('b')]
    pending.delete('a')
    await a
    expect(reads[0]).toEqual(['a', 'b'])
    pending.delete('b')
    await Promise.all([b, again])
    expect(reads.at(-1)).toEqual(['b'])
  })

  it('resolves a stream that is still pending after 5 s', async () => {
    const { answered, pass } = watchOf(new Set(['a']))
    const waited = answered('a')
    pass(5_000)
    await waited
  })

  it('rejects every waiter when the read fails, and starts a new read for the next waiter', async () => {
    const fail: { error?: Error } = { error: new Error('away') }
    const { answered } = watchOf(new Set(), fail)
    const both = await Promise.allSettled([answered('a'), answered('b')])
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    delete fail.error
    await answered('a')
  })
})
