import { beforeEach, describe, expect, it } from 'vitest'
import { readEvents } from '../../../src/inbox/read-events.ts'
import { readOnboardings } from '../../../src/ledger/read-onboardings.ts'
import { createPerform } from '../../../src/operate/audited.ts'
import { createOnboarding } from '../../../src/operate/onboarding/create-onboarding.ts'
import { type ExportUseCases, exportUseCases } from '../../../src/operate/privacy/export-person.ts'
import { createPrisma } from '../../../src/platform/postgres/prisma.ts'
import { samplePerson } from '../../../src/sandbox/world/sample-person.ts'
import { ENCRYPTION_KEY, type Pipeline } from '../../saga/start-pipeline.ts'
import { createWorld, reaches, type World } from '../../saga/world.ts'
import { TESTER } from '../../tour/trader.ts'

const WHY = { reason: 'the person asked for a copy' }
let world: World
beforeEach(async () => {
  world = await createWorld({ kind: 'postgres' })
})

function exportsOf({ pool, vault }: Pipeline): ExportUseCases {
  const prisma = createPrisma(pool)
  const reads = { onboardings: readOnboardings(prisma), events: readEvents({ prisma, pool }) }
  return exportUseCases({ pool, vault, ...reads, perform: createPerform(pool, Date.now), now: Date.now })
}

describe("the export of one person's data", () => {
  it('holds the onboarding, its ledger and its events of a customer, and no personal data once the identity exists', async () => {
    const pipeline = await world.start()
    const exports = exportsOf(pipeline)
    const event = await world.decided('approve')
    await pipeline.accept(event)
    await reaches(pipeline, event.identityId, 'ready')
    const exported = await exports.exportPerson(event.identityId, WHY, TESTER)
    expect(exported).toMatchObject({ subject: event.identityId, onboarding: { state: 'ready' }, sealed: [], erasure: null, legalHolds: [] })
    expect(exported?.streams[0]).toMatchObject({ kind: 'onboarding', id: event.identityId })
    expect(exported?.streams[0]?.entries.length).toBeGreaterThan(3)
    expect(exported?.events.map(({ eventId }) => eventId)).toContain(event.id)
  })

  it('holds the sealed data of an unfinished request, with the reason in the audit before it is shown', async () => {
    const pipeline = await world.start({ concurrency: 0 })
    const request = samplePerson()
    const parts = { ...pipeline, workNow: async () => {}, encryptionKey: ENCRYPTION_KEY, now: Date.now, patienceMs: 20 }
    const made = await createOnboarding(parts, { idempotencyKey: 'one', request, requestedBy: 'app' })
    const id = made.kind === 'running' ? ((await pipeline.inbox.findCommand(made.commandId))?.streamId ?? '') : ''
    const exported = await exportsOf(pipeline).exportPerson(id, WHY, TESTER)
    expect(exported?.sealed).toMatchObject([{ id, data: { person_details: request.person_details } }])
    const { rows } = await pipeline.pool.query(`SELECT action, target, reason FROM audit_entry WHERE action = 'person.export'`)
    expect(rows).toEqual([{ action: 'person.export', target: id, reason: WHY.reason }])
  })

  it('stops an operator after 20 exports in a day, and not another operator', async () => {
    const pipeline = await world.start()
    const exports = exportsOf(pipeline)
    const event = await world.decided('approve')
    await pipeline.accept(event)
    await reaches(pipeline, event.identityId, 'ready')
    for (let nth = 0; nth < 20; nth += 1) await exports.exportPerson(event.identityId, WHY, TESTER)
    await expect(exports.exportPerson(event.identityId, WHY, TESTER)).rejects.toMatchObject({ code: 'EXPORT_BUDGET_SPENT' })
    expect(await exports.exportPerson(event.identityId, WHY, { kind: 'operator', name: 'bob' })).not.toBeNull()
    expect(await exports.exportPerson('unknown', WHY, TESTER)).toBeNull()
  })
})
