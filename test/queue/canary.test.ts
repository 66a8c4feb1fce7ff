import { describe, expect, it, onTestFinished } from 'vitest'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { createCanary } from '../../src/queue/canary.ts'
import { createTestDatabase } from '../support/test-database.ts'

/** Machines that share a database. test/faults/canary.test.ts has canaries on a real queue. */
async function openMachines({ sendEveryMs = 60_000 }: { sendEveryMs?: number } = {}) {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const pool = createPool({ connectionString: database.url, max: 4, applicationName: 'canary test' })
  onTestFinished(() => pool.end())
  await pool.query('UPDATE canary SET sent_at = now()') // as old as the migration, which was made for many tests
  let sent = 0
  const machine = (add: () => Promise<void> = async () => {}) =>
    createCanary({
      pool,
      sendEveryMs,
      add: async () => {
        await add()
        sent += 1
      },
    })
  const passed = (ms: number) =>
    pool.query(
      `UPDATE canary SET sent_at = sent_at - make_interval(secs => $1), waiting_since = waiting_since - make_interval(secs => $1),
         seen_at = seen_at - make_interval(secs => $1)`,
      [ms / 1_000],
    )
  return { machine, passed, sent: () => sent }
}

describe('a canary', () => {
  it('is sent when it is due, by one of several machines, and waits from then on', async () => {
    const { machine, passed, sent } = await openMachines()
    const machines = [machine(), machine(), machine()]
    await Promise.all(machines.map((each) => each.send()))
    expect(sent()).toBe(0) // the row is young: less than a minute has passed
    await passed(60_000)
    await Promise.all(machines.map((each) => each.send()))
    expect(sent()).toBe(1)
    expect(await machine().read()).toMatchObject({ seenAt: null, seenBy: null, sinceSeenMs: null, waitingMs: expect.any(Number) })
  })

  it('waits while none is taken, also when others are sent', async () => {
    const { machine, passed, sent } = await openMachines()
    for (let minutes = 1; minutes <= 3; minutes += 1) {
      await passed(60_000)
      await machine().send()
    }
    expect(sent()).toBe(3)
    expect((await machine().read()).waitingMs).toBeGreaterThanOrEqual(120_000)
  })

  it('ends its wait when any worker takes it', async () => {
    const { machine, passed } = await openMachines()
    await passed(60_000)
    await machine().send()
    await machine().seen('a worker')
    const { sinceSeenMs, ...trace } = await machine().read()
    expect(trace).toEqual({ seenAt: expect.any(Date), seenBy: 'a worker', waitingMs: null })
    expect(sinceSeenMs).toBeLessThan(30_000)
    await passed(60_000)
    await machine().send()
    expect((await machine().read()).waitingMs).not.toBeNull()
  })

  it('does not wait when it was taken before its sender recorded it', async () => {
    const { machine, passed } = await openMachines()
    await passed(60_000)
    await machine(() => machine().seen('a quick one')).send()
    expect(await machine().read()).toMatchObject({ seenBy: 'a quick one', waitingMs: null })
  })

  it('that never reached the queue reports no worker', async () => {
    const { machine, passed } = await openMachines()
    await passed(60_000)
    await expect(machine(() => Promise.reject(new Error('the queue is away'))).send()).rejects.toThrow('the queue is away')
    expect((await machine().read()).waitingMs).toBeNull()
  })

  it('does not wait when the next one was sent meanwhile and never reached the queue', async () => {
    const { machine, passed } = await openMachines()
    await passed(60_000)
    const failing = machine(() => Promise.reject(new Error('the queue is away')))
    const slow = machine(async () => {
      await machine().seen('a worker')
      await passed(60_000)
      await expect(failing.send()).rejects.toThrow('the queue is away')
    })
    await slow.send()
    expect((await machine().read()).waitingMs).toBeNull()
  })

  it('rests while the queue is paused', async () => {
    const { machine, passed } = await openMachines()
    await passed(60_000)
    await machine().send()
    await machine().rest()
    expect((await machine().read()).waitingMs).toBeNull()
  })
})
