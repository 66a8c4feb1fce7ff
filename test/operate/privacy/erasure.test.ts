import { beforeEach, describe, expect, it } from 'vitest'
import { verifyAudit } from '../../../src/audit/audit.ts'
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts'
import { createPerform } from '../../../src/operate/audited.ts'
import { changeUseCases } from '../../../src/operate/identity-changes/change-use-cases.ts'
import { type ErasureUseCases, verifyErasure } from '../../../src/operate/privacy/erasures.ts'
import { certificateKey } from '../../../src/platform/signed-claims.ts'
import { ENCRYPTION_KEY, type Pipeline } from '../../saga/start-pipeline.ts'
import { completes, createWorld, eventually, reaches, type World } from '../../saga/world.ts'
import { openTrader, TESTER } from '../../tour/trader.ts'
import { erasuresOf } from './erasures-of.ts'

const WHY = { reason: 'the person asked for it' }
let world: World
let pipeline: Pipeline
let erasures: ErasureUseCases
beforeEach(async () => {
  world = await createWorld({ kind: 'postgres' })
  pipeline = await world.start()
  erasures = erasuresOf(pipeline)
})

describe('erasing a customer', () => {
  it('C4: ends what is pending, moves nothing afterwards, and signs a certificate that verifies offline', async () => {
    const event = await world.decided('approve')
    await pipeline.accept(event)
    await reaches(pipeline, event.identityId, 'ready')
    const erased = await erasures.erasePerson(event.identityId, WHY, TESTER)
    const claims = await verifyErasure(erased?.certificate ?? '', (await certificateKey(ENCRYPTION_KEY)).publicJwk)
    expect(claims).toMatchObject({ kind: 'gatehouse/erasure', subject: event.identityId, afterRestore: false, keysApart: false })
    expect((await pipeline.ledger.load(event.identityId))?.onboarding.state).toBe('erased')

    const sends = world.effectsOf(event.identityId).sends
    const [later] = await world.sandbox.populate({ count: 1, refIdPrefix: 'other-', decision: 'approve', deliver: false })
    await pipeline.accept({ id: event.id, type: event.type }) // delivered once more
    await pipeline.inbox.setTimer({ streamId: event.identityId, name: 'read-identity', dueAt: new Date(), identityId: event.identityId })
    if (later) await pipeline.accept(later)
    await completes(pipeline)
    expect((await pipeline.ledger.load(event.identityId))?.onboarding.state).toBe('erased')
    expect(world.effectsOf(event.identityId).sends).toBe(sends)
  })

  it('keeps both chains verifying, and gives the first certificate when it is repeated', async () => {
    const event = await world.decided('approve')
    await pipeline.accept(event)
    await reaches(pipeline, event.identityId, 'ready')
    const first = await erasures.erasePerson(event.identityId, WHY, TESTER)
    expect(await erasures.erasePerson(event.identityId, { reason: 'again' }, TESTER)).toEqual(first)
    expect((await verifyLedger(pipeline.pool)).faults).toEqual([])
    expect((await verifyAudit(pipeline.pool)).fault).toBeNull()
  })

  it('refuses a changed certificate, and one of another kind of key', async () => {
    const event = await world.decided('approve')
    await pipeline.accept(event)
    await reaches(pipeline, event.identityId, 'ready')
    const certificate = (await erasures.erasePerson(event.identityId, WHY, TESTER))?.certificate ?? ''
    const { publicJwk } = await certificateKey(ENCRYPTION_KEY)
    const [head, body, signature] = certificate.split('.')
    const changed = Buffer.from(
      Buffer.from(body ?? '', 'base64url')
        .toString()
        .replace('"afterRestore":false', '"afterRestore":true'),
    )
    await expect(verifyErasure([head, changed.toString('base64url'), signature].join('.'), publicJwk)).rejects.toMatchObject({
      code: 'CERTIFICATE_INVALID',
    })
    const other = (await certificateKey(Buffer.alloc(32, 9))).publicJwk
    await expect(verifyErasure(certificate, other)).rejects.toMatchObject({ code: 'CERTIFICATE_INVALID' })
  })

  it('is null for an unknown id, and records nothing', async () => {
    expect(await erasures.erasePerson('nobody', WHY, TESTER)).toBeNull()
    expect(await erasures.listErasures({ limit: 10 })).toEqual([])
  })
})

describe('the erasure of a person with changes', () => {
  it('forgets the hashes of their values, and takes no further change', async () => {
    const event = await world.decided('approve')
    await pipeline.accept(event)
    const { identityId } = event
    await reaches(pipeline, identityId, 'ready')
    const { changes, vault, ledger, paxos, inbox, queue, pool } = pipeline
    const perform = createPerform(pool, Date.now)
    const parts = { changes, vault, onboardings: ledger, paxos, inbox, queue, pool, perform, encryptionKey: ENCRYPTION_KEY, now: Date.now }
    const useCases = changeUseCases(parts)
    const asked = { identityId, idempotencyKey: 'k', kind: 'correction', changes: { person_details: { middle_name: 'B' } } } as const
    const { change } = await useCases.correctIdentity(asked, TESTER)
    await eventually(
      () => changes.load(change.changeId),
      (stored) => stored?.effects.every(({ state }) => state === 'done') === true,
    )
    expect((await changes.load(change.changeId))?.change.inputHashes).toHaveLength(2)
    await erasures.erasePerson(identityId, WHY, TESTER)
    expect((await changes.load(change.changeId))?.change.inputHashes).toEqual([])
    const { rows } = await pool.query('SELECT field_hashes FROM command WHERE stream_id = $1', [change.changeId])
    expect(rows).toEqual([{ field_hashes: {} }])
    await expect(useCases.correctIdentity(asked, TESTER)).rejects.toMatchObject({ code: 'PERSON_ERASED' })
    expect((await verifyLedger(pool)).faults).toEqual([])
  })
})

describe('an erasure that must not happen yet', () => {
  it('C3: is refused under a legal hold, which names the hold and the remedy, and goes through when the last hold is lifted', async () => {
    const event = await world.decided('approve')
    await pipeline.accept(event)
    await reaches(pipeline, event.identityId, 'ready')
    const hold = { name: 'case 7', reason: 'subpoena' }
    await erasures.setLegalHold(event.identityId, hold, TESTER)
    await erasures.setLegalHold(event.identityId, hold, TESTER)
    await erasures.setLegalHold(event.identityId, { name: 'case 8', reason: 'audit' }, TESTER)
    const refusal = erasures.erasePerson(event.identityId, WHY, TESTER)
    await expect(refusal).rejects.toMatchObject({ code: 'ERASURE_BLOCKED', blocks: [{ kind: 'legal-hold' }, { kind: 'legal-hold' }] })
    await expect(refusal).rejects.toThrow(/legal hold "case 7", set by tester.*legal-hold lift/)
    const asked = await erasures.getErasure(event.identityId)
    expect(asked).toMatchObject({ doneAt: null, certificate: null })

    expect(await erasures.liftLegalHold(event.identityId, hold, TESTER)).toHaveLength(1)
    expect(await erasures.liftLegalHold(event.identityId, hold, TESTER)).toBeNull()
    await expect(erasures.erasePerson(event.identityId, WHY, TESTER)).rejects.toMatchObject({ blocks: [{ id: 'case 8' }] })
    await erasures.liftLegalHold(event.identityId, { name: 'case 8', reason: 'closed' }, TESTER)
    const done = await erasures.erasePerson(event.identityId, WHY, TESTER)
    expect(done?.requestedAt).toEqual(asked?.requestedAt) // the deadline counts from the first request
    expect(done?.doneAt).not.toBeNull()
  })

  it('C4: names an open order and a balance, with the remedy of each', async () => {
    const trader = await openTrader(world, pipeline)
    const order = await trader.place('resting', {
      ...{ side: 'BUY', market: 'BTCUSD', type: 'LIMIT', baseAmount: '0.01', price: '1000', timeInForce: 'GTC' },
    })
    await trader.reaches(order.orderId, 'open')
    await expect(erasures.erasePerson(trader.identityId, WHY, TESTER)).rejects.toMatchObject({
      blocks: [{ kind: 'open-order', id: order.orderId, remedy: expect.stringContaining('order cancel') }],
    })
    await trader.useCases.cancelOrder(order.orderId, TESTER)
    await trader.reaches(order.orderId, 'cancelled')
    await expect(erasures.erasePerson(trader.identityId, WHY, TESTER)).rejects.toMatchObject({ blocks: [{ kind: 'balance', id: 'USD' }] })
    expect((await pipeline.ledger.load(trader.identityId))?.onboarding.state).toBe('ready')
  })

  it('waits for a running effect', async () => {
    const event = await world.decided('approve')
    await pipeline.accept(event)
    await reaches(pipeline, event.identityId, 'ready')
    await pipeline.pool.query(
      `INSERT INTO effect (stream_id, step, kind, name, number, key, state, attempts, lease_seq, lease_generation, lease_until)
       VALUES ($1, 'notice:frozen:1', 'send-notification', 'frozen', 1, 'notice_frozen_1_' || $1, 'intended', 1, 1, 0, now() + interval '40 s')`,
      [event.identityId],
    )
    await expect(erasures.erasePerson(event.identityId, WHY, TESTER)).rejects.toMatchObject({ blocks: [{ kind: 'running-effect' }] })
    await pipeline.pool.query(`UPDATE effect SET lease_until = now() WHERE stream_id = $1 AND step = 'notice:frozen:1'`, [event.identityId])
    const erased = await erasures.erasePerson(event.identityId, WHY, TESTER)
    const claims = await verifyErasure(erased?.certificate ?? '', (await certificateKey(ENCRYPTION_KEY)).publicJwk)
    expect(claims.effectsEnded).toBe(1)
  })
})
