import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import type { z } from 'zod'
import { amountInput } from '../operate/input/amount-input.ts'
import { WireBody } from '../operate/trading/wire-request.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type OpenUseCases, systemUser, withUseCases } from './command-input.ts'
import { parseOpaqueId } from './parse-opaque-id.ts'
import type { Print } from './print.ts'

interface RequestFlags {
  idempotencyKey?: string
  operator: string
  json?: boolean
}

interface DepositFlags extends RequestFlags {
  asset: string
}

const NOT_SENT = `No worker has sent it yet. Check that one runs: ${GATEHOUSE} doctor`

/** `deposit`: invented money for an account. `deposit wire`: the same by deposit instructions. */
export function registerDepositCommand(program: Command, open: OpenUseCases, print: Print): void {
  const deposit = program
    .command('deposit')
    .description('fund an account with invented money (Sandbox and simulator only)')
    .argument('<account-id>', "the account's id at Paxos", parseOpaqueId)
    .argument('<amount>', 'for example 10000.00', parseDecimal)
    .option('--asset <asset>', 'asset to deposit', 'USD')
  withRequestFlags(deposit).action(async (accountId: string, amount: string, flags: DepositFlags) => {
    const { asset, idempotencyKey = randomUUID(), operator, json } = flags
    await withUseCases(open, async (useCases) => {
      const { deposit: made } = await useCases.fundAccount(
        { accountId, idempotencyKey, asset, amount },
        { kind: 'operator', name: operator },
      )
      if (json) return print(JSON.stringify(made, null, 2))
      print(`deposit ${made.depositId}: ${made.amount} ${made.asset}, ${made.state}${made.reason ? ` (${made.reason})` : ''}`)
      if (made.state === 'submitting') print(NOT_SENT)
    })
  })
  registerWireCommand(deposit, open, print)
}

function registerWireCommand(deposit: Command, open: OpenUseCases, print: Print): void {
  const wire = deposit
    .command('wire')
    .description('send a wire of invented money by deposit instructions; Paxos takes its fee off')
    .argument('<instructions-id>', 'starts with instructions-', parseOpaqueId)
    .argument('<amount>', 'US dollars, for example 150.33', parseDollars)
  withRequestFlags(wire).action(async (instructionsId: string, { asset, amount }: z.output<typeof WireBody>, flags: RequestFlags) => {
    const { idempotencyKey = randomUUID(), operator, json } = flags
    await withUseCases(open, async (useCases) => {
      const asked = { instructionsId, idempotencyKey, asset, amount }
      const { wire: sent } = await useCases.sendWire(asked, { kind: 'operator', name: operator })
      if (json) return print(JSON.stringify(sent, null, 2))
      print(`wire ${sent.wireId}: ${sent.amount} ${sent.asset}, ${sent.state}${sent.reason ? ` (${sent.reason})` : ''}`)
      if (sent.state === 'submitting') print(NOT_SENT)
      if (sent.state === 'sent') print(`Its transfer follows: ${GATEHOUSE} transfer list --account ${sent.accountId}`)
    })
  })
}

function withRequestFlags(command: Command): Command {
  return command
    .option('--idempotency-key <key>', 'use the same key to repeat safely; default: a new key')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
}

function parseDecimal(text: string): string {
  const amount = amountInput({ decimals: 8 }).safeParse(text)
  if (!amount.success) throw new UsageError(`amount: ${amount.error.issues[0]?.message}`)
  return amount.data
}

function parseDollars(amount: string): z.output<typeof WireBody> {
  const wire = WireBody.safeParse({ amount })
  if (!wire.success) throw new UsageError(`amount: ${wire.error.issues[0]?.message}`)
  return wire.data
}
