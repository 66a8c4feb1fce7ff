import { describe, expect, it } from 'vitest'
import { createPerform } from '../../src/operate/audited.ts'
import { memberUseCases } from '../../src/operate/onboarding/member-use-cases.ts'
import { startPipeline } from '../saga/start-pipeline.ts'
import { eventually, NOTICE_SECRET } from '../saga/world.ts'
import { institution } from '../sandbox/person.ts'
import { forEachBackend, type TestBackend } from '../support/queue-backends.ts'
import { TESTER } from '../tour/trader.ts'
import { type Instant, instantsOn } from './instants.ts'
import { openStage } from './stage.ts'

const RECOVERED = { withinMs: 80_000 }

/** Each write of a change of members, cut before, during and after. */
const instantsOf = (call: string): readonly Instant[] => [
  'before memberLedger.commit #1',
  'after memberLedger.commit #1',
  `before paxos.institutionMembers.${call} #1`,
  `during paxos.institutionMembers.${call} #1`,
  `after paxos.institutionMembers.${call} #1`,
  'before memberLedger.commit #2',
  'after memberLedger.commit #2',
]

/** A trust with one trustee, and a worker that dies at this instant during the change of its members. Resolves with the members at the end. */
async function changeAndCrash(backend: TestBackend, dieAt: Instant, action: 'add' | 'remove'): Promise<readonly string[]> {
  const stage = await openStage(backend)
  const api = await startPipeline({
    ...{ databaseUrl: stage.databaseUrl, backend: stage.backend, paxos: stage.sandbox, concurrency: 0 },
    notices: { url: 'http://127.0.0.1:9/', secret: NOTICE_SECRET },
  })
  try {
    const [one, two] = await stage.sandbox.populate({ count: 2, refIdPrefix: 'm-', decision: 'approve', deliver: false })
    const { id } = await api.paxos.identities.create(institution(one?.identityId ?? '') as { ref_id: string })
    const beneficiary = { identityId: two?.identityId ?? '', roles: ['BENEFICIARY'], ownership: null }
    if (action === 'remove') await api.paxos.institutionMembers.add(id, [beneficiary])
    const [, second] = (await api.paxos.institutionMembers.read(id)).members
    const useCases = memberUseCases({
      ...{ pool: api.pool, inbox: api.inbox, queue: api.queue, paxos: api.paxos, ledger: api.trading.memberLedger, now: Date.now },
      ...{ encryptionKey: Buffer.alloc(32, 1), onboardings: { load: async () => ({}) }, perform: createPerform(api.pool, Date.now) },
    })
    const change = action === 'add' ? { members: [beneficiary] } : { memberId: second?.memberId ?? '' }
    const ask = () => useCases.changeMembers({ identityId: id, idempotencyKey: 'change', change }, TESTER)
    const child = await stage.start({ dieAt })
    const asked = ask()
    await child.died
    await stage.start()
    await asked
    await eventually(ask, ({ change: { state } }) => state === 'done', RECOVERED)
    const { members } = await api.paxos.institutionMembers.read(id)
    return members.map(({ roles }) => roles.join())
  } finally {
    await api.close()
    await stage.close()
  }
}

forEachBackend((backend) => {
  const killedAt = (instants: readonly Instant[]) => it.concurrent.each(instantsOn(backend, instants))

  // Side by side: each mostly waits for the rescue of a job.
  describe('A8: when the worker is killed', () => {
    killedAt(instantsOf('add'))('%s, the member is added exactly once', { timeout: 120_000 }, async (dieAt) => {
      expect(await changeAndCrash(backend, dieAt, 'add')).toEqual(['TRUSTEE', 'BENEFICIARY'])
    })

    killedAt(instantsOf('remove'))('%s, the member is removed and the other one stays', { timeout: 120_000 }, async (dieAt) => {
      expect(await changeAndCrash(backend, dieAt, 'remove')).toEqual(['TRUSTEE'])
    })
  })
})
