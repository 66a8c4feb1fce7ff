import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const MODULE = join(import.meta.dirname, '../../src/platform/heap-growth.ts')
/** Only old objects grow, and V8 collects when the heap is full, not in threads that run when the machine has time. */
const COLLECTED_WHEN_FULL = ['--max-semi-space-size=1', '--single-threaded-gc', '--no-incremental-marking']

/** Megabytes of heap of a process that keeps replacing the oldest of 200,000 objects, after several collections. */
async function heapOf(percent: number): Promise<number> {
  const program = `
    import { getHeapStatistics } from 'node:v8'
    import { limitHeapGrowth } from ${JSON.stringify(MODULE)}
    limitHeapGrowth(${percent})
    const ring = new Array(200_000)
    let most = 0
    for (let n = 0; n < 6_000_000; n += 1) {
      ring[n % ring.length] = { n, text: 'object ' + n }
      if (n > 3_000_000 && n % 10_000 === 0) most = Math.max(most, getHeapStatistics().total_heap_size)
    }
    console.log(most / 1e6)`
  const { stdout } = await promisify(execFile)(process.execPath, [...COLLECTED_WHEN_FULL, '--input-type=module', '--eval', program])
  return Number(stdout)
}

describe('limitHeapGrowth', () => {
  it('makes V8 collect before the heap has grown by more than the limit', async () => {
    const [little, much] = await Promise.all([heapOf(20), heapOf(300)])
    expect(little).toBeLessThan(0.7 * much)
  })
})
