import { randomUUID } from 'node:crypto'
import { type Command, Option } from 'commander'
import { FIAT_NETWORKS, type FiatNetwork, ROUTING_NUMBER_TYPES, type RoutingNumberType } from '../domain/transfer/deposit-instructions.ts'
import { TRANSFER_STATES, type TransferState } from '../domain/transfer/transfer.ts'
import { InstructionsBody } from '../operate/trading/instructions-request.ts'
import type { TransferStory } from '../operate/trading/transfer-use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type OpenUseCases, parseCount, systemUser, withUseCases } from './command-input.ts'
import { parseOpaqueId } from './parse-opaque-id.ts'
import { type Print, print as toStdout } from './print.ts'
import { registerShow } from './register-show.ts'
import { renderEntries } from './render-entries.ts'
import { renderTable } from './render-table.ts'

interface InstructFlags {
  network: FiatNetwork
  routingNumberType?: RoutingNumberType
  idempotencyKey?: string
  operator: string
  json?: boolean
}

interface ListFlags {
  account?: string
  state?: TransferState
  limit: number
  cursor?: string
  json?: boolean
}

/** `account instructions`: where a customer sends fiat. */
export function registerInstructionsCommand(account: Command, open: OpenUseCases, print: Print): void {
  account
    .command('instructions')
    .description('request fiat deposit instructions; repeating with the same key requests no second ones')
    .argument('<account-id>', "the account's id at Paxos", parseOpaqueId)
    .addOption(new Option('--network <network>', 'the network on which the customer pays').choices([...FIAT_NETWORKS]).default('WIRE'))
    .addOption(new Option('--routing-number-type <type>', 'only for WIRE').choices([...ROUTING_NUMBER_TYPES]))
    .option('--idempotency-key <key>', 'use the same key to repeat safely; default: a new key')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
    .action(async (accountId: string, { network, routingNumberType, idempotencyKey = randomUUID(), operator, json }: InstructFlags) => {
      const read = InstructionsBody.safeParse({ network, routingNumberType })
      if (!read.success) throw new UsageError(read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
      const asked = { accountId, idempotencyKey, network, routingNumberType: routingNumberType ?? null }
      await withUseCases(open, async (useCases) => {
        const { instructions } = await useCases.requestInstructions(asked, { kind: 'operator', name: operator })
        if (json) return print(JSON.stringify(instructions, null, 2))
        const { instructionsId, state, reason, memoId, bankDetails } = instructions
        print(`deposit instructions ${instructionsId}: ${state}${reason ? ` (${reason})` : ''}`)
        if (memoId) print(`memo ${memoId}: the customer quotes it in the payment\n${JSON.stringify(bankDetails, null, 2)}`)
      })
    })
}

/** `transfer`: transfers into and out of accounts. */
export function registerTransferCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const transfer = program.command('transfer').description('transfers into and out of accounts')
  transfer
    .command('list')
    .description('list transfers, newest first')
    .option('--account <id>', 'only transfers of this account', parseOpaqueId)
    .addOption(new Option('--state <state>', 'only transfers in this state').choices([...TRANSFER_STATES]))
    .option('--limit <count>', 'most entries to list, up to 200', parseCount(200), 50)
    .option('--cursor <cursor>', 'continue after the previous page: nextCursor of --json')
    .option('--json', 'print JSON')
    .action(async ({ account, state, limit, cursor, json }: ListFlags) => {
      await withUseCases(open, async (useCases) => {
        const page = await useCases.listTransfers({ accountId: account, state, limit, cursor })
        if (json) return print(JSON.stringify(page, null, 2))
        const rows = page.items.map(({ transferId, type, asset, amount, fee, moved, state: now }) => [
          transferId,
          type,
          asset,
          amount,
          fee,
          moved,
          now,
        ])
        print(renderTable(['TRANSFER', 'TYPE', 'ASSET', 'AMOUNT', 'FEE', 'MOVED', 'STATE'], rows))
      })
    })
  registerShow(
    transfer,
    { open, print },
    {
      description: 'show one transfer with its ledger entries',
      argument: ['transfer-id', 'starts with transfer-'],
      parse: parseOpaqueId,
      find: (useCases, transferId) => useCases.getTransfer(transferId),
      render: renderTransfer,
      unknown: (transferId) => `Unknown transfer ${transferId}. ${GATEHOUSE} transfer list shows the known ones.`,
    },
  )
}

function renderTransfer({ transferId, type, asset, amount, fee, moved, state, reason, timeline }: TransferStory): string {
  return [
    `transfer ${transferId}: ${type}, ${state}${reason ? ` (${reason})` : ''}`,
    `amount ${amount} ${asset}, fee ${fee}, moved ${moved}`,
    '',
    ...renderEntries(timeline),
  ].join('\n')
}
