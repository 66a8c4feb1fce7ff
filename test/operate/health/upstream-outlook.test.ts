import { describe, expect, it } from 'vitest'
import { estimateBacklog, estimateReplay, sayEta } from '../../../src/operate/health/upstream-outlook.ts'
import { createBudget } from '../../../src/paxos/transport/budget.ts'
import { NO_LIMITS } from '../../../src/paxos/transport/endpoint-class.ts'
import { createUpstreamPace, type UpstreamPace } from '../../../src/paxos/upstream-pace.ts'

/** One call per second: five minutes have room for 291 live calls, or 232 of a replay. A page of List Events serves 25 events. */
const pace = createUpstreamPace(createBudget({ limits: { ...NO_LIMITS, token: 1, general: 1 } }), { accountsClass: 'general' })
const away: UpstreamPace = {
  lockedForMs: () => Promise.reject(new Error('Postgres is away')),
  etaMs: () => Promise.reject(new Error('Postgres is away')),
}

const remaining = (waiting: number, more: Partial<Remaining> = {}): Remaining => ({ waiting, waitingUnfinished: 0, running: 0, ...more })
type Remaining = Parameters<typeof estimateReplay>[1]
const eta = async (of: Remaining, backlog = 0): Promise<number | null> => (await estimateReplay(pace, of, backlog)).etaSeconds

describe('the estimate of a replay', () => {
  it('includes the backlog, at the share that live traffic leaves', async () => {
    expect(await eta(remaining(200))).toBe(1) // there is room at once
    const late = await eta(remaining(200), 1_000)
    expect(late).toBe(Math.ceil(((1_248 - 232) / 232) * 300))
    expect(late).toBeGreaterThan((await estimateBacklog(pace, 1_200)).etaSeconds ?? 0)
  })

  it('counts events once that are unfinished already, since the backlog includes them', async () => {
    expect(await eta(remaining(200, { waitingUnfinished: 200 }), 1_000)).toBe(await eta(remaining(1, { waitingUnfinished: 1 }), 1_000))
    expect(await eta(remaining(200, { waitingUnfinished: 200 }), 1_000)).toBeLessThan((await eta(remaining(200), 1_000)) ?? 0)
  })

  it('is 0 when nothing is left to reopen or to complete', async () => {
    expect(await eta(remaining(0), 1_000)).toBe(0)
  })

  it('includes reopened events until they complete', async () => {
    expect(await eta(remaining(0, { running: 200 }), 1_000)).toBe(await eta(remaining(0, { running: 1 }), 1_000))
    expect(await eta(remaining(0, { running: 200 }), 1_000)).toBeGreaterThan(900)
  })

  it('is null while the shared budget cannot be read', async () => {
    expect(await estimateReplay(away, remaining(1), 0)).toEqual({ lockedForSeconds: null, etaSeconds: null })
    expect(await estimateBacklog(away, 0)).toEqual({ lockedForSeconds: null, etaSeconds: 0 })
  })
})

describe('the text of an estimate', () => {
  it.each([
    [1, '1 s'],
    [119, '119 s'],
    [120, '2 min'],
    [170, '3 min'],
    [6_900, '115 min'],
    [9_000, '3 h'],
    [200_000, '2 d'],
  ])('of %i s is: about %s', (seconds, said) => {
    expect(sayEta(seconds)).toBe(`about ${said} within Paxos's rate limits`)
  })
})
