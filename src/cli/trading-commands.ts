import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import type { z } from 'zod'
import type { Balances } from '../operate/trading/order-use-cases.ts'
import { QuoteExecutionBody } from '../operate/trading/quote-execution-request.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { registerAccountOpening } from './account-commands.ts'
import { type OpenUseCases, systemUser, withUseCases } from './command-input.ts'
import { registerDepositCommand } from './deposit-commands.ts'
import { parseOpaqueId } from './parse-opaque-id.ts'
import { type Print, print as toStdout } from './print.ts'
import { registerProofCommand } from './proof-command.ts'
import { renderTable } from './render-table.ts'
import { registerInstructionsCommand, registerTransferCommands } from './transfer-commands.ts'

interface ExecuteFlags {
  baseAmount?: string
  quoteAmount?: string
  idempotencyKey?: string
  operator: string
  json?: boolean
}

/** `account`, `deposit`, `market`, `quote`, `proof`: one customer's money, and the markets. */
export function registerTradingCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  registerAccountCommands(program, open, print)
  registerTransferCommands(program, open, print)
  registerDepositCommand(program, open, print)
  registerMarketCommand(program, open, print)
  registerQuoteCommand(program, open, print)
  registerProofCommands(program, open, print)
}

function registerAccountCommands(program: Command, open: OpenUseCases, print: Print): void {
  const account = program.command('account').description('brokerage accounts of customers')
  registerAccountOpening(account, open, print)
  registerInstructionsCommand(account, open, print)
  account
    .command('show')
    .description('show one account with its balances')
    .argument('<account-id>', "the account's id at Paxos", parseOpaqueId)
    .option('--json', 'print JSON')
    .action(async (accountId: string, { json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const found = await useCases.getAccount(accountId)
        const balances = await useCases.getBalances(accountId)
        if (json) return print(JSON.stringify({ ...found, balances }, null, 2))
        print(`account ${found.accountId}: identity ${found.identityId}, profile ${found.profileId}, onboarding ${found.onboardingState}`)
        const others = found.members.map(
          (member) => `${member.identityId} ${member.roles.join('+')} (membership ${member.memberId ?? 'unknown'})`,
        )
        if (others.length > 0) print(`members: ${others.join(', ')}; its owners together permit: ${found.standing}`)
        if (found.closing) print(`closing: ${found.closing.state} (${GATEHOUSE} account closing ${found.accountId})`)
        print('')
        print(renderBalances(balances))
      })
    })
}

/** The balances as a table, exactly as Paxos reports them. */
export function renderBalances({ items, asOf }: Balances): string {
  if (items.length === 0) return `The account is empty (${asOf.toISOString()}).`
  const rows = items.map(({ asset, available, trading }) => [asset, String(available), String(trading)])
  return renderTable(['ASSET', 'AVAILABLE', 'IN ORDERS'], rows)
}

function registerMarketCommand(program: Command, open: OpenUseCases, print: Print): void {
  program
    .command('market')
    .description('markets')
    .command('list')
    .description('list markets with their steps, limits and status')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const markets = await useCases.listMarkets()
        if (json) return print(JSON.stringify(markets, null, 2))
        const side = ({ available, reason }: { available: boolean; reason: string | null }): string =>
          available ? 'open' : (reason ?? 'closed')
        const rows = markets.map(({ market, tickRate, minBaseAmount, maxQuoteAmount, buy, sell }) => {
          return [market, String(tickRate ?? '-'), String(minBaseAmount ?? '-'), String(maxQuoteAmount ?? '-'), side(buy), side(sell)]
        })
        print(renderTable(['MARKET', 'TICK', 'SMALLEST (BASE)', 'LARGEST (QUOTE)', 'BUY', 'SELL'], rows))
      })
    })
}

function registerQuoteCommand(program: Command, open: OpenUseCases, print: Print): void {
  const quote = program.command('quote').description('held rates')
  quote
    .command('list')
    .description('list the quotes of one market; each is valid until it expires')
    .argument('<market>', 'for example BTCUSD')
    .option('--json', 'print JSON')
    .action(async (market: string, { json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const quotes = await useCases.listQuotes(market)
        if (json) return print(JSON.stringify(quotes, null, 2))
        const rows = quotes.map(({ id, side, price, expiresAt }) => [side, String(price), expiresAt, id])
        print(renderTable(['SIDE', 'PRICE', 'EXPIRES', 'QUOTE'], rows))
      })
    })
  registerQuoteExecution(quote, open, print)
}

function registerQuoteExecution(quote: Command, open: OpenUseCases, print: Print): void {
  quote
    .command('execute')
    .description('execute a listed quote with at least 2 s left; repeating with the same key executes no second one')
    .argument('<account-id>', "the account's id at Paxos", parseOpaqueId)
    .argument('<quote-id>', 'as quote list prints it', parseOpaqueId)
    .option('--base-amount <amount>', 'amount of the base asset; give this or --quote-amount')
    .option('--quote-amount <amount>', 'amount of the quote asset')
    .option('--idempotency-key <key>', 'use the same key to repeat safely; default: a new key')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
    .action(async (accountId: string, quoteId: string, flags: ExecuteFlags) => {
      const { idempotencyKey = randomUUID(), operator, json } = flags
      const { baseAmount = null, quoteAmount = null } = readExecuteFlags(quoteId, flags)
      const asked = { accountId, quoteId, idempotencyKey, baseAmount, quoteAmount }
      await withUseCases(open, async (useCases) => {
        const { execution } = await useCases.executeQuote(asked, { kind: 'operator', name: operator })
        if (json) return print(JSON.stringify(execution, null, 2))
        const { executionId, side, market, price, state, reason } = execution
        print(`quote execution ${executionId}: ${side} ${market} at ${price}, ${state}${reason ? ` (${reason})` : ''}`)
        if (state === 'submitting') print(`No worker has sent it yet. Check that one runs: ${GATEHOUSE} doctor`)
      })
    })
}

/** @throws UsageError with an error for each wrong flag */
function readExecuteFlags(quoteId: string, { baseAmount, quoteAmount }: ExecuteFlags): z.infer<typeof QuoteExecutionBody> {
  const read = QuoteExecutionBody.safeParse({ quoteId, baseAmount, quoteAmount })
  if (read.success) return read.data
  throw new UsageError(read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
}

function registerProofCommands(program: Command, open: OpenUseCases, print: Print): void {
  registerProofCommand(program, open, print)
    .command('balances')
    .description('compare the ledger of an account with the balances at Paxos; exit 1 if they differ')
    .argument('<account-id>', "the account's id at Paxos", parseOpaqueId)
    .option('--json', 'print JSON')
    .action(async (accountId: string, { json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const proof = await useCases.proveBalances(accountId)
        if (json) print(JSON.stringify(proof, null, 2))
        const rows = proof.assets.map(({ asset, opening, onRecord, atPaxos, drift, firstBreak }) => {
          const where = firstBreak
            ? [firstBreak.kind, firstBreak.entry ?? firstBreak.source, firstBreak.at].filter((part) => part !== null)
            : []
          return [asset, String(opening), String(onRecord), String(atPaxos), String(drift), where.join(' ')]
        })
        if (!json) print(renderTable(['ASSET', 'OPENING', 'LEDGER', 'PAXOS', 'DRIFT', 'FIRST BREAK'], rows))
        if (proof.assets.some(({ drift }) => !drift.isZero())) process.exitCode = 1
      })
    })
}
