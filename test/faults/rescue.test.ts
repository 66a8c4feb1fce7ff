import { describe, expect, it } from 'vitest'
import { eventually } from '../saga/world.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { checkHistory } from './history-checker.ts'
import { openStage, type Stage } from './stage.ts'
import type { Child } from './start-child.ts'

const JOBS = 20
const RESCUE_LIMIT_MS = 10_000
/** Longer than a lock (5 s), so that a job stays with its worker only if the worker renews the lock. */
const SLOW_MS = 8_000

describe.concurrent('when a worker is killed with twenty jobs in progress', () => {
  forEachBackend((backend) => {
    it('another running worker completes them within ten seconds of the kill', { timeout: 90_000 }, async ({ onTestFinished }) => {
      const stage = await openStage(backend)
      onTestFinished(() => stage.close())
      const { victim, accepted, release } = await holdJobs(stage)
      const other = await stage.start()
      release()
      const killedAt = Date.now()
      await victim.kill()
      const endedAt = await ends(stage)
      expect(endedAt - killedAt).toBeLessThan(RESCUE_LIMIT_MS)
      await other.stop()
      expect(await verdictOn(stage, accepted, [killedAt])).toMatchObject({ faults: [], ended: JOBS, accounts: JOBS, notices: JOBS })
    })

    it('the only worker completes them within ten seconds of its restart', { timeout: 90_000 }, async ({ onTestFinished }) => {
      const stage = await openStage(backend)
      onTestFinished(() => stage.close())
      const { victim, accepted, release } = await holdJobs(stage)
      release()
      const killedAt = Date.now()
      await victim.kill()
      await stage.start()
      const restartedAt = Date.now()
      const endedAt = await ends(stage)
      expect(endedAt - restartedAt).toBeLessThan(RESCUE_LIMIT_MS)
      expect(await verdictOn(stage, accepted, [killedAt])).toMatchObject({ faults: [], ended: JOBS, accounts: JOBS, notices: JOBS })
    })
  })
})

describe.concurrent('when a worker is slow and alive', () => {
  forEachBackend((backend) => {
    it('a free worker does not take its job', { timeout: 90_000 }, async ({ onTestFinished }) => {
      const stage = await openStage(backend)
      onTestFinished(() => stage.close())
      const workers = await Promise.all([stage.start({ paxosTimeoutMs: 20_000 }), stage.start({ paxosTimeoutMs: 20_000 })])
      const { story, faults } = stage.sandbox
      faults.arm({ on: 'GET /events/{id}', do: 'latency', ms: SLOW_MS })
      faults.arm({ on: 'POST /identity/accounts', do: 'latency', ms: SLOW_MS })
      const event = await stage.decided()
      const accepted = await stage.deliver(workers[0], [event])
      await ends(stage)
      const calls = story.of('call').map(({ operation }) => operation)
      for (const once of ['GET /events/{id}', 'GET /identity/identities/{id}', 'POST /identity/accounts'])
        expect(calls.filter((operation) => operation === once)).toHaveLength(1)
      expect(await verdictOn(stage, accepted, [])).toMatchObject({ faults: [], accounts: 1, notices: 1, resent: 0 })
    })
  })
})

/** A worker with twenty jobs in progress. Each waits for the answer to the creation of its account, until `release`. */
async function holdJobs(stage: Stage): Promise<{ victim: Child; accepted: string[]; release: () => void }> {
  const { faults } = stage.sandbox
  const slow = faults.arm({ on: 'POST /identity/accounts', do: 'latency', ms: 2 * SLOW_MS })
  const victim = await stage.start({ concurrency: JOBS, paxosTimeoutMs: 30_000 })
  const events = await Promise.all(Array.from({ length: JOBS }, () => stage.decided()))
  const accepted = await stage.deliver(victim, events)
  await eventually(
    async () => (await stage.pool.query('SELECT count(*)::int AS claimed FROM effect WHERE attempts = 1')).rows[0]?.claimed,
    (claimed) => claimed === JOBS,
  )
  return { victim, accepted, release: () => void faults.disarm(slow) }
}

/** When the last event completed, in milliseconds since 1970. */
async function ends(stage: Stage): Promise<number> {
  await eventually(
    () => stage.inbox(),
    (rows) => rows.every(({ state }) => state !== 'accepted'),
    { withinMs: 60_000 },
  )
  return Date.now()
}

function verdictOn({ sandbox, sends, pool }: Stage, accepted: readonly string[], deaths: readonly number[]) {
  return checkHistory({ story: sandbox.story, sends, pool, accepted, deaths })
}
