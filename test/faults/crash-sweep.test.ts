import { describe, expect, it, onTestFinished } from 'vitest'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import { withTimeout } from '../../src/platform/with-timeout.ts'
import { eventually } from '../saga/world.ts'
import { forEachBackend, type TestBackend } from '../support/queue-backends.ts'
import { checkHistory, type Verdict } from './history-checker.ts'
import type { Instant } from './instants.ts'
import { openStage, type Stage } from './stage.ts'

/** Writes are cut before, during and after; reads before. A crash between two of these leaves the same as the earlier one. */
const WRITES = [
  'inbox.accept #1',
  'queue.add #1',
  'ledger.commit #1',
  'paxos.accounts.create #1',
  'ledger.commit #2',
  'notices.send #1',
  'ledger.commit #3',
  'notices.send #2',
  'ledger.commit #4',
  'ledger.commit #5',
] as const
const APPROVAL: readonly Instant[] = [
  ...WRITES.flatMap((write) => [`before ${write}`, `during ${write}`, `after ${write}`] as const),
  'before answer #1',
  'after answer #1',
  'before worker.handle #1',
  'before inbox.load #1',
  'before paxos.events.get #1',
  'before paxos.identities.get #1',
  'before ledger.load #1',
  'after worker.handle #1',
  'after worker.handle #2',
]
/** The account is created and the answer lost, which leads to the look-up. */
const LOST_ANSWER: readonly Instant[] = [
  'before inbox.complete #1',
  'after inbox.complete #1',
  'after worker.handle #1',
  'before paxos.accounts.listOfIdentity #1',
  'after paxos.accounts.listOfIdentity #1',
]
/** The process that recovers dies too. */
const TWICE: readonly (readonly Instant[])[] = [
  ['after paxos.accounts.create #1', 'before paxos.accounts.listOfIdentity #1'],
  ['after paxos.accounts.create #1', 'after paxos.accounts.listOfIdentity #1'],
  ['before paxos.accounts.create #1', 'after paxos.accounts.create #1'],
  ['after ledger.commit #1', 'after ledger.commit #2'],
  ['after notices.send #1', 'after notices.send #1'],
  ['after notices.send #2', 'after notices.send #1'],
  ['during notices.send #1', 'during ledger.commit #2'],
]

interface Case {
  name: string
  deaths: readonly Instant[]
  /** The answer to the first creation of the account is lost as well. */
  loseAnswer?: boolean
}
const CASES: readonly Case[] = [
  ...APPROVAL.map((at) => ({ name: at, deaths: [at] })),
  ...LOST_ANSWER.map((at) => ({ name: `${at}, the account's answer lost`, deaths: [at], loseAnswer: true })),
  ...TWICE.map((deaths) => ({ name: deaths.join(', then '), deaths })),
]

forEachBackend((backend) => {
  // Side by side: each mostly waits for the rescue of its jobs.
  describe('when the process is killed', () => {
    it.concurrent.each(CASES)(
      '$name, every event completes with one account and one notification of each kind',
      { timeout: 150_000 },
      async (each) => {
        expect(await crash(backend, each)).toMatchObject({ faults: [], ended: 2, accounts: 1, opened: 1, notices: 1 })
      },
    )
  })

  describe('the sweep over all instants', () => {
    it('names every instant at which an onboarding makes a call', { timeout: 60_000 }, async () => {
      const stage = await openStage(backend)
      onTestFinished(() => stage.close())
      const child = await stage.start({ concurrency: 1 })
      const event = await stage.decided()
      for (const [index, each] of [event, stage.twinOf(event)].entries()) {
        // One after the other: a twin that comes while the first sends its notification finds that leased, and comes again.
        await stage.deliver(child, [each])
        await eventually(() => stage.inbox(), allEnded(index + 1))
      }
      const passed = await child.stop()
      expect(passed.filter((at) => at.startsWith('before') && !REPEATED.test(at)).sort()).toEqual(
        APPROVAL.filter((at) => at.startsWith('before')).sort(),
      )
    })
  })
})

/** Calls that leave nothing new: reads for the twin and its job, the reader of Paxos, a dispatcher round that finds nothing. */
const REPEATED =
  /^before (inbox\.(accept|load) #2|queue\.add #2|paxos\.\w+\.get #2|ledger\.load #2|worker\.handle #2|reader\.\w+ #\d|inbox\.(claimDue|setTimers) #\d+|paxos\.room #\d+)$/

async function crash(backend: TestBackend, each: Case): Promise<Verdict> {
  const stage = await openStage(backend)
  try {
    return await crashOn(stage, each)
  } finally {
    await stage.close()
  }
}

/** Delivers an approval and a second event of it until accepted, to one process after the other. The last process lives. */
async function crashOn(stage: Stage, { deaths: plan, loseAnswer = false }: Case): Promise<Verdict> {
  const event = await stage.decided()
  const events = [event, stage.twinOf(event)]
  if (loseAnswer) stage.sandbox.faults.arm({ on: 'POST /identity/accounts', do: 'act-then-drop', next: 1 })
  const accepted = new Set<string>()
  const deaths: number[] = []
  for (const dieAt of [...plan, null]) {
    const child = await stage.start({ concurrency: 1, dieAt })
    const taken = await stage.deliver(
      child,
      events.filter(({ id }) => !accepted.has(id)),
    )
    for (const id of taken) accepted.add(id)
    if (dieAt === null) break
    deaths.push(await withTimeout(60_000, child.died, () => new Error(`${dieAt} was never reached`)))
  }
  await eventually(() => stage.inbox(), allEnded(events.length), { withinMs: 40_000 })
  const verdict = await checkHistory({ story: stage.sandbox.story, sends: stage.sends, pool: stage.pool, accepted: [...accepted], deaths })
  const { faults } = await verifyLedger(stage.pool)
  return { ...verdict, faults: [...verdict.faults, ...faults.map(({ problem }) => problem)] }
}

const allEnded = (count: number) => (rows: { state: string }[]) => rows.length === count && rows.every(({ state }) => state !== 'accepted')
