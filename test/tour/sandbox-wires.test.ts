import { describe, expect, it } from 'vitest'
import type { Wire } from '../../src/domain/transfer/wire.ts'
import { findEffects } from '../../src/ledger/find-effects.ts'
import { findStreams } from '../../src/ledger/find-streams.ts'
import { readEntries } from '../../src/ledger/read-entries.ts'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import type { InstructionsStory } from '../../src/operate/trading/transfer-use-cases.ts'
import { type Pipeline, startPipeline } from '../saga/start-pipeline.ts'
import { completes, createWorld, eventually, type World } from '../saga/world.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { bankOf } from './bank.ts'
import { openTrader, TESTER, type Trader, useCasesOf } from './trader.ts'

const SEND = 'POST /sandbox/fiat-deposits'

interface Scene {
  world: World
  pipeline: Pipeline
  trader: Trader
  instructions: InstructionsStory
  /** Sends a wire under this key, and resolves with its state now. */
  send(key: string, amount?: string): Promise<Wire>
  /** Delivers the new events of transfers until this wire's transfers have ended, `count` of them. */
  arrive(count: number): Promise<void>
}

async function openScene(world: World): Promise<Scene> {
  const pipeline = await world.start()
  const trader = await openTrader(world, pipeline)
  const asked = { accountId: trader.accountId, idempotencyKey: 'wire-in', network: 'WIRE', routingNumberType: null } as const
  const { instructions } = await trader.useCases.requestInstructions(asked, TESTER)
  const bank = bankOf(world.sandbox)
  let delivered = 0
  const deliver = async (): Promise<void> => {
    const events = bank.events().slice(delivered)
    delivered += events.length
    for (const event of events) await pipeline.accept(event)
  }
  const { instructionsId } = instructions
  return {
    ...{ world, pipeline, trader, instructions },
    send: async (key, amount = '150.33') =>
      (await trader.useCases.sendWire({ instructionsId, idempotencyKey: key, asset: 'USD', amount }, TESTER)).wire,
    arrive: async (count) => {
      await eventually(deliver, () => bank.events().length === 2 * count)
      await completes(pipeline)
    },
  }
}

const transfersOf = async ({ trader }: Scene) => (await trader.useCases.listTransfers({ accountId: trader.accountId, limit: 50 })).items
const sentAtPaxos = ({ world }: Scene): number => world.sandbox.transfers.all.filter(({ type }) => type === 'WIRE_DEPOSIT').length
const completed = ({ world }: Scene): number =>
  world.notices.deliveries.filter(({ body }) => (JSON.parse(String(body)) as { type: string }).type === 'deposit.completed').length - 1 // the first funding

forEachBackend((backend) => {
  const open = async () => openScene(await createWorld(backend, { wireDelayMs: 10 }))
  const settles = (scene: Scene, key: string): Promise<Wire> =>
    eventually(
      () => scene.send(key),
      ({ state }) => state !== 'submitting' && state !== 'unknown',
    )

  describe('a wire that is sent through the product', () => {
    it('arrives less its fee by its event, sends one notification, and is proved to the last unit', async () => {
      const scene = await open()
      const { trader, pipeline, instructions } = scene
      const wire = await scene.send('salary')
      expect(wire).toMatchObject({ state: 'sent', reason: null, amount: '150.33', memoId: instructions.memoId })
      expect((await scene.send('salary', '150.330')).wireId).toBe(wire.wireId) // the same request, spelt otherwise
      await scene.arrive(1)
      expect(await transfersOf(scene)).toMatchObject([
        { state: 'completed', amount: '150.33', fee: '30', total: '120.33', moved: '120.33', instructionsId: instructions.instructionsId },
      ])
      expect(await trader.balances()).toEqual({ USD: '10120.33' })
      expect(await trader.drift()).toEqual({})
      expect(completed(scene)).toBe(1)
      expect((await readEntries(pipeline.pool, wire.wireId)).map(({ kind }) => kind)).toEqual([
        ...['wire.requested', 'effect.intended', 'effect.done', 'wire.moved'],
      ])
      expect(await findStreams(pipeline.pool, [`${wire.wireId}%`], 2)).toMatchObject([{ kind: 'wire', id: wire.wireId }]) // F21
      const [effect] = await findEffects(pipeline.pool, `gatehouse-send-wire-${wire.wireId}`, 2)
      expect(effect).toMatchObject({ streamId: wire.wireId, identityId: trader.identityId })
      expect(await verifyLedger(pipeline.pool)).toMatchObject({ faults: [] })
    })

    it('is two wires under two keys, and each arrives once', async () => {
      const scene = await open()
      await Promise.all([settles(scene, 'one'), settles(scene, 'two')])
      await scene.arrive(2)
      expect(await scene.trader.balances()).toEqual({ USD: '10240.66' })
      expect(await scene.trader.drift()).toEqual({})
      expect(completed(scene)).toBe(2)
    })

    it('A7: is refused under a used key with any other field, which is named', async () => {
      const scene = await open()
      const first = { instructionsId: scene.instructions.instructionsId, idempotencyKey: 'salary', asset: 'USD', amount: '150.33' }
      await scene.send('salary')
      for (const [field, value] of [
        ['amount', '150.34'],
        ['instructionsId', 'instructions-of-another'],
      ] as const)
        await expect(scene.trader.useCases.sendWire({ ...first, [field]: value }, TESTER)).rejects.toMatchObject({ fields: [field] })
      expect(sentAtPaxos(scene)).toBe(1)
    })

    it.each(['act-then-drop', 'drop'] as const)('A1: is sent once when its answer is lost (%s)', async (fault) => {
      const scene = await open()
      await scene.send('earlier') // of the same instructions and amount: only the count tells the two apart
      scene.world.sandbox.faults.arm({ on: SEND, do: fault, next: 1 })
      expect(await settles(scene, 'salary')).toMatchObject({ state: 'sent' })
      await scene.arrive(2)
      expect(sentAtPaxos(scene)).toBe(2)
      expect(await scene.trader.balances()).toEqual({ USD: '10240.66' })
      expect(await scene.trader.drift()).toEqual({})
    })

    it('A4: is held and not sent again while the list of transfers does not tell', async () => {
      const scene = await open()
      const { world, pipeline, instructions } = scene
      // The customer's own bank sends two wires of the same amount while the answer to ours is lost.
      for (const _ of [1, 2]) bankOf(world.sandbox).wire(instructions, '150.33')
      world.sandbox.faults.arm({ on: SEND, do: 'drop', next: 1 })
      const { wireId } = await scene.send('salary')
      await pipeline.pool.query(`UPDATE inbox_event SET attempts = 5 WHERE stream_id = $1`, [wireId])
      const held = await eventually(
        () => scene.send('salary'),
        ({ state }) => state === 'held',
      )
      expect(held.reason).toBe('wire-unclear')
      expect(sentAtPaxos(scene)).toBe(2)
      expect(await verifyLedger(pipeline.pool)).toMatchObject({ faults: [] })
    })

    it('is rejected with the reason when Paxos refuses it', async () => {
      const scene = await open()
      scene.world.sandbox.faults.arm({ on: SEND, do: 'answer', status: 400, next: 1 })
      expect(await settles(scene, 'salary')).toMatchObject({ state: 'rejected', reason: 'rejected-by-paxos' })
      expect(sentAtPaxos(scene)).toBe(0)
    })
  })

  describe('a wire that cannot be sent', () => {
    it.each(['RTP', 'WIRE'] as const)(
      'is refused before the call for instructions of %s that Paxos has not created for wires',
      async (network) => {
        const scene = await open()
        const { trader, world } = scene
        if (network === 'WIRE')
          world.sandbox.faults.arm({ on: 'POST /transfer/fiat-deposit-instructions', do: 'answer', status: 400, next: 1 })
        const asked = { accountId: trader.accountId, idempotencyKey: 'other', network, routingNumberType: null } as const
        const { instructionsId } = (await trader.useCases.requestInstructions(asked, TESTER)).instructions
        const wire = { instructionsId, idempotencyKey: 'salary', asset: 'USD', amount: '10.00' }
        await expect(trader.useCases.sendWire(wire, TESTER)).rejects.toMatchObject({ code: 'INSTRUCTIONS_NOT_PAYABLE' })
        expect(sentAtPaxos(scene)).toBe(0)
      },
    )

    it('is refused before the call when this installation leaves sandbox-wires out', async () => {
      const scene = await open()
      const { world, instructions } = scene
      const without = await startPipeline({
        ...{ databaseUrl: world.databaseUrl, backend: world.backend, paxos: world.sandbox, concurrency: 0 },
        ...{ notices: { url: 'http://127.0.0.1:9/', secret: 'unused' }, features: ['transfers', 'deposit-instructions'] },
      })
      const asked = { instructionsId: instructions.instructionsId, idempotencyKey: 'salary', asset: 'USD', amount: '10.00' }
      const refused = await useCasesOf(without)
        .sendWire(asked, TESTER)
        .catch((error: unknown) => error)
      await without.close()
      expect(refused).toMatchObject({ code: 'FEATURE_OFF' })
      expect(sentAtPaxos(scene)).toBe(0)
    })
  })
})
