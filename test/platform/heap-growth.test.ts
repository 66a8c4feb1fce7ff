import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const MODULE = join(import.meta.dirname, '../../src/platform/heap-growth.ts')

/** Megabytes of heap that a process comes to hold which always replaces the oldest of 200,000 objects. */
async function heapOf(before: string): Promise<number> {
  const program = `
    import { getHeapStatistics } from 'node:v8'
    import { limitHeapGrowth } from ${JSON.stringify(MODULE)}
    ${before}
    const ring = new Array(200_000)
    let most = 0
    for (let n = 0; n < 8_000_000; n += 1) {
      ring[n % ring.length] = { n, text: 'object ' + n }
      if (n % 50_000 === 0) most = Math.max(most, getHeapStatistics().total_heap_size)
    }
    console.log(most / 1e6)`
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--max-semi-space-size=1', // old objects are what grows
    '--input-type=module',
    '--eval',
    program,
  ])
  return Number(stdout)
}

describe('limitHeapGrowth', () => {
  it('holds fewer free pages than V8 would', async () => {
    const [limited, free] = await Promise.all([heapOf('limitHeapGrowth(25)'), heapOf('')])
    expect(limited).toBeLessThan(0.8 * free)
  })
})
