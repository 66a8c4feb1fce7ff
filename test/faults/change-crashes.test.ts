import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createPerform } from '../../src/operate/audited.ts'
import { type ChangeUseCaseParts, type ChangeUseCases, changeUseCases } from '../../src/operate/identity-changes/change-use-cases.ts'
import { idOfKey } from '../../src/operate/request/id-of-key.ts'
import { CHANGE_IDENTITY } from '../../src/saga/identity-change-route.ts'
import { type Pipeline, startPipeline } from '../saga/start-pipeline.ts'
import { createWorld, eventually, NOTICE_SECRET, reaches } from '../saga/world.ts'
import { person } from '../sandbox/person.ts'
import { forEachBackend, type TestBackend } from '../support/queue-backends.ts'
import { TESTER } from '../tour/trader.ts'
import { type Instant, instantsOn } from './instants.ts'
import { openStage } from './stage.ts'

const RECOVERED = { withinMs: 80_000 }

/** Each write of a worker on a change, cut before, during and after. */
const writes = (call: string): readonly Instant[] => [
  'before changeLedger.commit #1',
  'after changeLedger.commit #1',
  `before paxos.${call} #1`,
  `during paxos.${call} #1`,
  `after paxos.${call} #1`,
  'before changeLedger.commit #2',
  'after changeLedger.commit #2',
  'after inbox.setTimer #1',
  'before changeLedger.commit #3',
  'after changeLedger.commit #3',
]

const partsOf = ({ changes, vault, ledger, paxos, inbox, queue, encryptionKey, pool }: Pipeline): ChangeUseCaseParts => ({
  ...{ changes, vault, onboardings: ledger, paxos, inbox, queue, encryptionKey, pool, now: Date.now },
  perform: createPerform(pool, Date.now),
})

async function open(backend: TestBackend) {
  const stage = await openStage(backend)
  /** The API's side, which requests and works on nothing. */
  const api = await startPipeline({
    ...{ databaseUrl: stage.databaseUrl, backend: stage.backend, paxos: stage.sandbox, concurrency: 0 },
    notices: { url: 'http://127.0.0.1:9/', secret: NOTICE_SECRET },
  })
  const event = await stage.decided()
  const first = await stage.start()
  await stage.deliver(first, [event])
  await reaches(api, event.identityId, 'ready')
  await first.stop()
  const useCases = changeUseCases(partsOf(api))
  /** Asks while a worker runs that dies at this instant, then starts another one, and waits for the end. */
  const crash = async (dieAt: Instant | null, ask: () => ReturnType<ChangeUseCases['correctIdentity']>) => {
    const child = await stage.start({ dieAt })
    const asked = ask()
    if (dieAt !== null) {
      await child.died
      await stage.start()
    }
    await asked
    const { change } = await eventually(ask, ({ change: { state } }) => !['submitting', 'unknown'].includes(state), RECOVERED)
    if (dieAt === null) await child.stop()
    await eventually(
      () => stage.pool.query("SELECT 1 FROM sealed_payload WHERE starts_with(id, 'change-')"),
      ({ rows }) => rows.length === 0,
      RECOVERED,
    )
    return change
  }
  const { identityId } = event
  const identity = () => stage.sandbox.identities.get(identityId)!
  const close = async (): Promise<void> => {
    await api.close()
    await stage.close()
  }
  return { useCases, crash, identityId, identity, close }
}

/** Closes by itself: of tests side by side, Vitest's global `onTestFinished` does not know which one called it. */
async function withStage(backend: TestBackend, work: (opened: Awaited<ReturnType<typeof open>>) => Promise<void>): Promise<void> {
  const opened = await open(backend)
  try {
    await work(opened)
  } finally {
    await opened.close()
  }
}

forEachBackend((backend) => {
  const killedAt = (instants: readonly Instant[]) => it.concurrent.each(instantsOn(backend, instants))

  describe('A8, A38: when the worker is killed', () => {
    killedAt(writes('identities.update'))('%s, a correction reaches Paxos and leaves no data', { timeout: 120_000 }, (dieAt) =>
      withStage(backend, async ({ useCases, crash, identityId, identity }) => {
        const asked = { identityId, idempotencyKey: 'k', kind: 'kyc-refresh', changes: { person_details: { last_name: 'Lee' } } } as const
        expect(await crash(dieAt, () => useCases.correctIdentity(asked, TESTER))).toMatchObject({ state: 'done' })
        expect(identity().details.last_name).toBe('Lee')
        expect(identity().lastKycRefreshDate).not.toBeNull()
      }),
    )

    killedAt(writes('controls.create'))('%s, a control is set exactly once', { timeout: 120_000 }, (dieAt) =>
      withStage(backend, async ({ useCases, crash, identityId, identity }) => {
        const asked = { identityId, idempotencyKey: 'k', type: 'DORMANT', reasonCode: 'INACTIVITY', reason: null } as const
        const { state, controlId } = await crash(dieAt, () => useCases.setControl(asked, TESTER))
        expect([state, identity().controls.map(({ id }) => id)]).toEqual(['done', [controlId]])
      }),
    )

    killedAt(writes('controls.remove').slice(2, 6))('%s, a control is lifted once', { timeout: 120_000 }, (dieAt) =>
      withStage(backend, async ({ useCases, crash, identityId, identity }) => {
        const set = { identityId, idempotencyKey: 'k', type: 'SELL_ONLY', reasonCode: 'OTHER', reason: null } as const
        const { controlId } = await crash(null, () => useCases.setControl(set, TESTER))
        const lift = { identityId, idempotencyKey: 'k', controlId: String(controlId), reason: null }
        expect(await crash(dieAt, () => useCases.liftControl(lift, TESTER))).toMatchObject({ state: 'done' })
        expect(identity().controls.filter(({ deletedAtNs }) => deletedAtNs === null)).toEqual([])
      }),
    )
  })

  describe('A8: when the process of the request is killed', () => {
    const DEATHS = ['before the change', 'after the change', 'after the sealing', 'after the command'] as const

    it.each(DEATHS)('%s, the same request completes the change once', { timeout: 120_000 }, async (death) => {
      const world = await createWorld(backend, { decisionDelayMs: 10 })
      const pipeline = await world.start()
      const { id: identityId } = await pipeline.paxos.identities.create({ ...person({ decision: 'never' }), ref_id: randomUUID() })
      world.sandbox.engine.decide(world.sandbox.identities.get(identityId)!, 'approve')
      await pipeline.accept(world.sandbox.events.all.findLast(({ type }) => type === 'identity.approved')!)
      await reaches(pipeline, identityId, 'ready')
      const asked = { identityId, idempotencyKey: 'k', kind: 'correction', changes: { person_details: { last_name: 'Lee' } } } as const
      await new Promise<void>((died) => {
        changeUseCases(dying(partsOf(pipeline), death, died))
          .correctIdentity(asked, TESTER)
          .catch(() => undefined)
      })
      const useCases = changeUseCases(partsOf(pipeline))
      const ends = () =>
        eventually(
          () => useCases.correctIdentity(asked, TESTER),
          ({ change }) => change.state === 'done',
          RECOVERED,
        )
      expect((await ends()).change.fields).toEqual(['person_details.last_name'])
      expect(world.sandbox.identities.get(identityId)?.details.last_name).toBe('Lee')
      const sent = world.sandbox.story.read({ after: 0, limit: 1_000_000, kind: 'call', identityId })
      expect(sent.filter((line) => 'operation' in line && line.operation === 'PUT /identity/identities/{id}')).toHaveLength(1)
    })

    it('after the change, and the request is never repeated: the worker says that nothing was sent', async () => {
      const world = await createWorld(backend)
      const pipeline = await world.start()
      const { identityId, ...event } = await world.decided('approve')
      await pipeline.accept(event)
      await reaches(pipeline, identityId, 'ready')
      const asked = { identityId, idempotencyKey: 'k', kind: 'kyc-refresh', changes: {} } as const
      await new Promise<void>((died) => {
        changeUseCases(dying(partsOf(pipeline), 'after the change', died))
          .correctIdentity(asked, TESTER)
          .catch(() => undefined)
      })
      const streamId = idOfKey('change', 'kyc-refresh/k')
      await pipeline.inbox.setTimer({ streamId, name: CHANGE_IDENTITY, dueAt: new Date(), identityId }) // as the worker does after 60 s
      const useCases = changeUseCases(partsOf(pipeline))
      expect(
        await eventually(
          () => useCases.getChange(streamId),
          (change) => change?.state === 'rejected',
        ),
      ).toMatchObject({
        reason: 'data-missing',
      })
    })
  })
})

const forever = (): Promise<never> => new Promise(() => undefined)

/** The parts of a process that dies there. */
function dying(parts: ChangeUseCaseParts, death: string, died: () => void): ChangeUseCaseParts {
  const die = (): Promise<never> => {
    died()
    return forever()
  }
  const after = async <T>(name: string, done: Promise<T>): Promise<T> => {
    const value = await done
    return death === `after the ${name}` ? die() : value
  }
  return {
    ...parts,
    changes: {
      ...parts.changes,
      commit: (change) => (death === 'before the change' ? die() : after('change', parts.changes.commit(change))),
    },
    vault: { ...parts.vault, seal: (id, value) => after('sealing', parts.vault.seal(id, value)) },
    inbox: { ...parts.inbox, acceptCommand: (command) => after('command', parts.inbox.acceptCommand(command)) },
  }
}
