import { describe, expect, it } from 'vitest'
import { registerTransferCommands } from '../../src/cli/transfer-commands.ts'
import { findStreams } from '../../src/ledger/find-streams.ts'
import { readEntries } from '../../src/ledger/read-entries.ts'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import type { SandboxOptions } from '../../src/sandbox/sandbox.ts'
import { runCommand } from '../operate/run-command.ts'
import type { Pipeline } from '../saga/start-pipeline.ts'
import { completes, createWorld, eventually, type World } from '../saga/world.ts'
import { forEachBackend } from '../support/queue-backends.ts'
import { bankOf } from './bank.ts'
import { openTrader, TESTER, type Trader } from './trader.ts'

const QUICK: Partial<SandboxOptions> = { wireDelayMs: 10 }

interface Scene {
  world: World
  pipeline: Pipeline
  trader: Trader
  bank: ReturnType<typeof bankOf>
}

const typesTold = ({ world }: Scene): string[] =>
  world.notices.deliveries
    .map(({ body }) => (JSON.parse(String(body)) as { type: string }).type)
    .filter((type) => type.startsWith('deposit.'))

async function instructions({ trader }: Scene) {
  const asked = { accountId: trader.accountId, idempotencyKey: 'wire-in', network: 'WIRE', routingNumberType: null } as const
  return (await trader.useCases.requestInstructions(asked, TESTER)).instructions
}

const transfersOf = async ({ trader }: Scene) => (await trader.useCases.listTransfers({ accountId: trader.accountId, limit: 50 })).items

/** Delivers new transfer events, as Paxos does. */
function deliverer({ pipeline, bank }: Scene): () => Promise<void> {
  let delivered = 0
  return async () => {
    const events = bank.events().slice(delivered)
    delivered += events.length
    for (const event of events) await pipeline.accept(event)
  }
}

forEachBackend((backend) => {
  const open = async ({ fund, ...options }: Partial<SandboxOptions> & { fund?: string } = QUICK): Promise<Scene> => {
    const world = await createWorld(backend, options)
    const pipeline = await world.start()
    return { world, pipeline, trader: await openTrader(world, pipeline, fund === undefined ? {} : { fund }), bank: bankOf(world.sandbox) }
  }

  describe('a wire by the instructions', () => {
    it('arrives less its fee, sends one notification, and is proved to the last unit', async () => {
      const scene = await open()
      const { trader, bank, pipeline } = scene
      const asked = await instructions(scene)
      expect(asked).toMatchObject({ state: 'created', network: 'WIRE', paxosStatus: 'VALID', memoId: expect.any(String) })
      expect(asked.bankDetails).toMatchObject({ wire: { account_number: expect.any(String) } })
      expect((await instructions(scene)).paxosInstructionsId).toBe(asked.paxosInstructionsId)

      const deliver = deliverer(scene)
      const paxosTransferId = bank.wire(asked, '150.33')
      await deliver()
      await eventually(deliver, () => bank.events().length === 2)
      const [transfer] = await eventually(
        () => transfersOf(scene),
        ([first]) => first?.state === 'completed',
      )
      expect(transfer).toMatchObject({
        ...{ paxosTransferId, direction: 'CREDIT', type: 'WIRE_DEPOSIT', asset: 'USD' },
        ...{ amount: '150.33', fee: '30', total: '120.33', moved: '120.33', instructionsId: asked.instructionsId },
      })
      for (const event of bank.events()) await pipeline.accept(event) // once more
      await completes(pipeline)
      expect(await trader.balances()).toEqual({ USD: '10120.33' })
      expect(await trader.drift()).toEqual({})
      expect(typesTold(scene)).toEqual(['deposit.completed', 'deposit.completed'])
      const last = JSON.parse(String(scene.world.notices.deliveries.at(-1)?.body)) as { data: Record<string, string> }
      expect(last.data).toEqual({
        ...{
          identityId: trader.identityId,
          accountId: trader.accountId,
          depositId: transfer?.transferId,
          transferId: transfer?.transferId,
        },
        ...{ asset: 'USD', amount: '150.33', fee: '30', total: '120.33' },
      })
      const found = await Promise.all([paxosTransferId, asked.instructionsId].map((id) => findStreams(pipeline.pool, [`${id}%`], 2)))
      expect(found.flat()).toMatchObject([{ kind: 'transfer', id: transfer?.transferId }, { kind: 'deposit-instructions' }]) // F21
      expect(await verifyLedger(pipeline.pool)).toMatchObject({ faults: [] })
      const show = (...flags: string[]) =>
        runCommand(trader, registerTransferCommands, ['transfer', 'show', `${transfer?.transferId}`, ...flags])
      expect(await show()).toMatch(/: WIRE_DEPOSIT, completed\namount 150\.33 USD, fee 30, moved 120\.33\n\n {2}\S+Z {2}\S/)
      expect(JSON.parse(await show('--json'))).toMatchObject({ transferId: transfer?.transferId, state: 'completed' })
    })

    it('is read to its end by the poll when only one event told of it', async () => {
      const scene = await open({ wireDelayMs: 300 })
      const paxosTransferId = scene.bank.wire(await instructions(scene), '150.33')
      const [pending] = scene.bank.events()
      await scene.pipeline.accept(pending!)
      await eventually(
        () => transfersOf(scene),
        ([first]) => first?.state === 'pending',
      )
      const [transfer] = await eventually(
        () => transfersOf(scene),
        ([first]) => first?.state === 'completed',
      )
      expect(transfer?.paxosTransferId).toBe(paxosTransferId)
      expect(await scene.trader.drift()).toEqual({})
    })

    it.each(['new-transfer', 'failed'] as const)(
      'A32: is answered by a further entry when the bank takes it back, shown as %s',
      async (lateReturnAs) => {
        const scene = await open({ ...QUICK, lateReturnAs })
        const { bank, trader, pipeline } = scene
        const deliver = deliverer(scene)
        const paxosTransferId = bank.wire(await instructions(scene), '150.33')
        await eventually(deliver, () => bank.events().length === 2)
        const [deposit] = await eventually(
          () => transfersOf(scene),
          ([first]) => first?.state === 'completed',
        )
        await completes(pipeline)
        const before = await readEntries(pipeline.pool, deposit?.transferId ?? '')
        bank.takeBack(paxosTransferId)
        await deliver()
        await eventually(
          () => typesTold(scene),
          (told) => told.includes('deposit.returned'),
        )
        await completes(pipeline)
        const after = await readEntries(pipeline.pool, deposit?.transferId ?? '')
        expect(after.slice(0, before.length)).toEqual(before)
        const listed = await transfersOf(scene)
        expect(listed.map(({ state, returnOf }) => [state, returnOf])).toEqual(
          lateReturnAs === 'failed'
            ? [['returned', null]]
            : [
                ['completed', deposit?.transferId],
                ['completed', null],
              ],
        )
        expect(await trader.balances()).toEqual({ USD: '10000' })
        expect(await trader.drift()).toEqual({})
        expect(typesTold(scene)).toEqual(['deposit.completed', 'deposit.completed', 'deposit.returned'])
        expect(await verifyLedger(pipeline.pool)).toMatchObject({ faults: [] })
      },
    )

    it('A32: stops buying, by order and by quote, when a return takes the balance below zero, and leaves selling open', async () => {
      const scene = await open({ ...QUICK, fund: '100.00' })
      const { bank, trader, pipeline } = scene
      const deliver = deliverer(scene)
      const paxosTransferId = bank.wire(await instructions(scene), '530.00')
      await eventually(deliver, () => bank.events().length === 2)
      await eventually(
        () => transfersOf(scene),
        ([first]) => first?.state === 'completed',
      )
      const buy = { side: 'BUY', market: 'BTCUSD', type: 'MARKET', quoteAmount: '400.00' }
      await trader.reaches((await trader.place('spend', buy)).orderId, 'filled')
      bank.takeBack(paxosTransferId)
      await deliver()
      await eventually(
        () => typesTold(scene),
        (told) => told.includes('deposit.returned'),
      )
      await completes(pipeline)
      const stopped = { code: 'ORDER_NOT_POSSIBLE', message: expect.stringMatching(/its USD balance is -\d+/) }
      await expect(trader.place('more', { ...buy, quoteAmount: '1.00' })).rejects.toMatchObject(stopped)
      const quotes = await trader.useCases.listQuotes('BTCUSD')
      const asked = { accountId: trader.accountId, idempotencyKey: 'quote', baseAmount: '0.0001', quoteAmount: null }
      const execute = (wanted: string) =>
        trader.useCases.executeQuote({ ...asked, quoteId: quotes.find(({ side }) => side === wanted)?.id ?? '' }, TESTER)
      await expect(execute('BUY')).rejects.toMatchObject(stopped)
      const sale = await trader.place('cover', { side: 'SELL', market: 'BTCUSD', type: 'MARKET', baseAmount: '0.001' })
      await trader.reaches(sale.orderId, 'filled')
      expect(await trader.drift()).toEqual({})
    })

    it('A33: is credited once when its events come in the wrong order and twice', async () => {
      const scene = await open()
      const { bank, trader, pipeline } = scene
      bank.wire(await instructions(scene), '150.33')
      await eventually(
        () => bank.events(),
        ({ length }) => length === 2,
      )
      for (const event of [...bank.events().toReversed(), ...bank.events()]) await pipeline.accept(event)
      await completes(pipeline)
      expect(await trader.balances()).toEqual({ USD: '10120.33' })
      expect(await trader.drift()).toEqual({})
      expect(typesTold(scene)).toEqual(['deposit.completed', 'deposit.completed'])
    })
  })

  describe('a transfer of an account that is not ours', () => {
    it('is kept and moves nothing', async () => {
      const scene = await open()
      const [other] = await scene.world.sandbox.populate({ count: 1, refIdPrefix: 'other-', decision: 'approve', deliver: false })
      const account = await scene.pipeline.paxos.accounts.create({
        identityId: other?.identityId ?? '',
        refId: 'theirs',
        type: 'BROKERAGE',
      })
      const body = {
        ...{ profile_id: account.profileId ?? '', identity_id: account.identityId, account_id: account.id },
        ...{ ref_id: 'their-instructions', fiat_network: 'WIRE' },
      }
      const theirs = await scene.pipeline.paxos.deposits.createInstructions(body)
      scene.bank.wire(theirs, '150.33')
      await scene.pipeline.accept(scene.bank.events()[0]!)
      const { rows } = await eventually(
        () =>
          scene.pipeline.pool.query<{ outcome: string }>(
            `SELECT outcome FROM inbox_event WHERE type LIKE 'transfer.%' AND state = 'processed'`,
          ),
        (found) => found.rows.length === 1,
      )
      expect(rows).toEqual([{ outcome: 'kept:profile-is-not-ours' }])
      expect(await transfersOf(scene)).toEqual([])
    })
  })

  describe('deposit instructions', () => {
    it('A7: are requested once per key, and the same key with any field changed is refused with the field', async () => {
      const scene = await open()
      const { trader } = scene
      const first = await instructions(scene)
      const asked = { accountId: trader.accountId, idempotencyKey: 'wire-in', network: 'WIRE', routingNumberType: null } as const
      for (const [field, value] of [
        ['network', 'RTP'],
        ['routingNumberType', 'SWIFT'],
        ['accountId', 'another'],
      ] as const) {
        await expect(trader.useCases.requestInstructions({ ...asked, [field]: value }, TESTER)).rejects.toMatchObject({ fields: [field] })
      }
      const { items } = await trader.useCases.listInstructions({ accountId: trader.accountId, limit: 10 })
      expect(items.map(({ instructionsId }) => instructionsId)).toEqual([first.instructionsId])
      expect(scene.world.sandbox.transfers.instructions).toHaveLength(1)
    })

    it('A1: are found by their ref_id and not made twice when the answer was lost', async () => {
      const scene = await open()
      scene.world.sandbox.faults.arm({ on: 'POST /transfer/fiat-deposit-instructions', do: 'act-then-drop', next: 1 })
      const { instructionsId } = await instructions(scene)
      const made = await eventually(
        () => scene.trader.useCases.getInstructions(instructionsId),
        (seen) => seen?.state === 'created',
      )
      expect(scene.world.sandbox.transfers.instructions.map(({ id }) => id)).toEqual([made?.paxosInstructionsId])
    })

    it('are rejected with the reason when Paxos refuses them', async () => {
      const scene = await open()
      scene.world.sandbox.faults.arm({ on: 'POST /transfer/fiat-deposit-instructions', do: 'answer', status: 400, next: 1 })
      expect(await instructions(scene)).toMatchObject({ state: 'rejected', reason: 'rejected-by-paxos', bankDetails: null })
    })
  })
})
