import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { CLOSING_STATES, type ClosingState } from '../domain/account/account-closing.ts'
import { utcTime } from '../operate/say/say-time.ts'
import type { ClosingView } from '../operate/use-cases.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { nameAndReason, type OpenUseCases, parseCount, parseOneOf, withUseCases } from './command-input.ts'
import { parseOpaqueId } from './parse-opaque-id.ts'
import type { Print } from './print.ts'
import { renderTable } from './render-table.ts'

interface ClosingFlags {
  idempotencyKey?: string
  operator: string
  reason: string
  json?: boolean
}

const ACCOUNT = ['<account-id>', "the account's id at Paxos", parseOpaqueId] as const

/** `account close|closing|closings|stop-closing`. */
export function registerClosingCommands(account: Command, open: OpenUseCases, print: Print): void {
  const say = (closing: ClosingView, { json }: { json?: boolean }): void =>
    print(json ? JSON.stringify(closing, null, 2) : sayView(closing))
  const deciding = (command: Command): Command =>
    command
      .argument(...ACCOUNT)
      .requiredOption('--operator <name>', 'your name; recorded in the audit')
      .requiredOption('--reason <text>', 'why; recorded in the audit')
      .option('--json', 'print JSON')
  deciding(account.command('close'))
    .description(
      'close an account: cancel its orders, sell, wait for what you withdraw at Paxos, disable it; repeating with the same key begins no second closing',
    )
    .option('--idempotency-key <key>', 'use the same key to repeat safely; default: a new key')
    .action(async (accountId: string, { idempotencyKey = randomUUID(), ...flags }: ClosingFlags) => {
      const { actor, reason } = nameAndReason(flags)
      await withUseCases(open, async (useCases) =>
        say((await useCases.closeAccount({ accountId, idempotencyKey, reason }, actor)).closing, flags),
      )
    })
  account
    .command('closing')
    .description('show the newest closing of an account, and what blocks it')
    .argument(...ACCOUNT)
    .option('--json', 'print JSON')
    .action(async (accountId: string, flags: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => say(await useCases.getClosing(accountId), flags))
    })
  account
    .command('closings')
    .description('list the closings of accounts, newest first, with what blocks each')
    .option('--state <state>', `only: ${CLOSING_STATES.join(', ')}`, parseOneOf(CLOSING_STATES))
    .option('--limit <number>', 'most entries to list', parseCount(200), 50)
    .option('--cursor <cursor>', 'continue after the previous page')
    .option('--json', 'print JSON')
    .action(async ({ json, ...query }: { state?: ClosingState; limit: number; cursor?: string; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const page = await useCases.listClosings(query)
        if (json) return print(JSON.stringify(page, null, 2))
        if (page.items.length === 0) return print('No closings.')
        const rows = page.items.map(({ createdAt, state, accountId, blockedBy }) => [utcTime(createdAt), state, accountId, blockedBy ?? ''])
        print(renderTable(['CREATED (UTC)', 'STATE', 'ACCOUNT', 'BLOCKED BY'], rows))
        if (page.nextCursor) print(`\nMore closings: add --cursor ${page.nextCursor}`)
      })
    })
  deciding(account.command('stop-closing'))
    .description('stop closing an account, while nothing irreversible is under way; what was sold stays sold')
    .action(async (accountId: string, flags: ClosingFlags) => {
      const { actor, reason } = nameAndReason(flags)
      await withUseCases(open, async (useCases) => say(await useCases.stopClosing({ accountId, reason }, actor), flags))
    })
}

function sayView({ closingId, accountId, state, blockedBy, blocks, sales, round }: ClosingView): string {
  const sold = sales.map(({ amount, asset, orderId }) => `${amount} ${asset} (${orderId ?? 'not on record yet'})`).join(', ')
  const others = blocks.slice(1).map(({ sentence }) => `  - ${sentence}`)
  return [
    `closing ${closingId} of account ${accountId}: ${state}`,
    ...(round > 0 ? [`sales of round ${round}: ${sold}`] : []),
    ...(blockedBy === null ? [] : [blockedBy, ...others]),
    ...(state === 'closed' || state === 'stopped' ? [] : [`See it again: ${GATEHOUSE} account closing ${accountId}`]),
  ].join('\n')
}
