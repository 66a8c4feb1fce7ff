import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { eventually } from '../saga/world.ts'
import { type BreakablePostgres, startBreakablePostgres } from '../support/breakable-postgres.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { type AwayWorld, openAwayWorld } from './away-world.ts'

/** CI has half a minute. The full size: GATEHOUSE_FAULT_EVENTS=5000, with stops every 5 to 10 s. */
const FULL = process.env.GATEHOUSE_FAULT_EVENTS !== undefined
const EVENTS = Number(process.env.GATEHOUSE_FAULT_EVENTS ?? 300)
const PACE = FULL ? 60 : 100
const BETWEEN_STOPS_MS = FULL ? [5_000, 10_000] : [1_500, 3_000]
const LONGEST_STOP_MS = 2_000
const BETWEEN_CUTS_MS = [50, 700]
const SILENCED_EVENTS = 60

/** The statements whose answers are lost: accepting and advancing. */
const COMMITS = ['insert-events', 'commit-changes']

describe.concurrent('when Postgres goes away', () => {
  forEachBackend((backend) => {
    it('by repeated stops and cut connections, every accepted event completes, and nothing is doubled', {
      timeout: FULL ? 1_800_000 : 150_000,
    }, async ({ onTestFinished }) => {
      const postgres = await startBreakablePostgres()
      onTestFinished(() => postgres.close())
      const world = await openAwayWorld({ backend, postgresUrl: postgres.url, redisDatabase: 6, pace: PACE, onTestFinished })
      await world.decide(EVENTS)
      const delivering = (): boolean => world.sandbox.webhooks.pending.ready > 0
      const [stops, cuts] = await Promise.all([stopRepeatedly(world, postgres, delivering), cutRepeatedly(world, delivering)])
      await world.ends({ withinMs: FULL ? 600_000 : 90_000 })

      expect(await world.verdict()).toMatchObject({ faults: [], ended: EVENTS, accounts: EVENTS, notices: EVENTS })
      expect(stops.length).toBeGreaterThan(1)
      expect(stops).toEqual(Array.from(stops, () => ({ status: 503, retryAfter: '5' })))
      expect(cuts).toBeGreaterThan(1)
      expect(world.gatehouse.process.exitCode).toBeNull()
      expect(await spentAttempts(world)).toBe(0) // an outage spends no attempt
    })

    it('by silence on half-open connections, Gatehouse gives them up and completes every accepted event', { timeout: 150_000 }, async ({
      onTestFinished,
    }) => {
      const postgres = await startBreakablePostgres()
      onTestFinished(() => postgres.close())
      const world = await openAwayWorld({ backend, postgresUrl: postgres.url, redisDatabase: 7, pace: PACE, onTestFinished })
      world.sandbox.faults.arm({ on: 'POST /identity/accounts', do: 'latency', ms: 300 })
      await world.decide(SILENCED_EVENTS)
      await eventually(
        () => world.notices.sends.length,
        (count) => count > 0,
      )
      await world.outage(async () => {
        world.line.swallow()
        expect(await world.post()).toEqual({ status: 503, retryAfter: '5' })
        await world.line.pass() // for new connections; the old ones stay silent for ever
        await world.ends({ withinMs: 120_000 })
      })

      const all = SILENCED_EVENTS
      expect(await world.verdict()).toMatchObject({ faults: [], ended: all, accounts: all, notices: all })
      expect(await spentAttempts(world)).toBe(0)
    })
  })
})

async function spentAttempts({ pool }: AwayWorld): Promise<unknown> {
  return (await pool.query('SELECT coalesce(sum(attempts), 0)::int AS spent FROM inbox_event')).rows[0]?.spent
}

/** Stops for up to 2 s, at least twice on any machine, and gives what the receiver answers to an event in each. */
async function stopRepeatedly(world: AwayWorld, postgres: BreakablePostgres, continues: () => boolean) {
  const answers: Awaited<ReturnType<AwayWorld['post']>>[] = []
  while (continues() || answers.length < 2) {
    await sleep(between(BETWEEN_STOPS_MS))
    await world.outage(async () => {
      await postgres.stop(Math.random() < 0.5 ? 'crash' : 'fast')
      answers.push(await world.post())
      await sleep(Math.random() * LONGEST_STOP_MS)
      await postgres.start()
    })
  }
  return answers
}

/** Cuts all connections at once, or the one with a commit before its answer. Gives how often. */
async function cutRepeatedly(world: AwayWorld, continues: () => boolean): Promise<number> {
  let cuts = 0
  while (continues()) {
    await sleep(between(BETWEEN_CUTS_MS))
    await world.outage(async () => {
      if (Math.random() < 0.3) world.line.cut()
      else {
        const commit = COMMITS[cuts % COMMITS.length] ?? ''
        await Promise.race([world.line.loseAnswer((piece) => piece.includes(commit)), sleep(500)])
      }
    })
    cuts += 1
  }
  return cuts
}

function between([least = 0, most = 0]: readonly number[]): number {
  return least + Math.random() * (most - least)
}
