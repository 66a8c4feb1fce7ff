import { randomUUID } from 'node:crypto'
import { type Command, Option } from 'commander'
import { ACCOUNT_TYPES, type AccountType } from '../domain/account/account.ts'
import { AccountBody, MemberList } from '../operate/accounts/account-request.ts'
import { utcTime } from '../operate/say/say-time.ts'
import type { AccountMemberChangeRecord } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { registerClosingCommands } from './closing-commands.ts'
import { type OpenUseCases, parsePaxosId, systemUser, withUseCases } from './command-input.ts'
import { parseOpaqueId } from './parse-opaque-id.ts'
import type { Print } from './print.ts'
import { renderTable } from './render-table.ts'

interface OpenFlags {
  type: AccountType
  description?: string
  member: readonly { identityId: string; roles: string[] }[]
  idempotencyKey?: string
  operator: string
  json?: boolean
}

/** `account open|list`: further accounts of a customer, and joint accounts. */
export function registerAccountOpening(account: Command, open: OpenUseCases, print: Print): void {
  account
    .command('open')
    .description('open a further account for a customer; repeating with the same key opens no second one')
    .argument('<identity-id>', 'the customer: the primary owner', parsePaxosId)
    .addOption(new Option('--type <type>', 'the type of the account').choices([...ACCOUNT_TYPES]).default('BROKERAGE'))
    .option('--description <text>', 'free text for Paxos')
    .option(
      '--member <identity:ROLE>',
      'a member and its roles; repeatable: <identity-id>:BENEFICIAL_OWNER makes a joint account',
      collectMember,
      [],
    )
    .option('--idempotency-key <key>', 'use the same key to repeat safely; default: a new key')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
    .action(async (identityId: string, { idempotencyKey = randomUUID(), operator, json, member, ...flags }: OpenFlags) => {
      const read = AccountBody.safeParse({ type: flags.type, description: flags.description, members: member })
      if (!read.success) throw new UsageError(read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
      await withUseCases(open, async (useCases) => {
        const asked = { identityId, idempotencyKey, ...read.data }
        const { account: made } = await useCases.openAccount(asked, { kind: 'operator', name: operator })
        if (json) return print(JSON.stringify(made, null, 2))
        const { accountKey, state, reason, accountId } = made
        print(`account ${accountId ?? accountKey}: ${state}${reason ? ` (${reason})` : ''}`)
        if (state === 'submitting') print(`No worker has asked for it yet. Check that one runs: ${GATEHOUSE} doctor`)
      })
    })
  registerMemberCommands(account, open, print)
  registerClosingCommands(account, open, print)
  account
    .command('list')
    .description('list the further accounts of a customer, newest first')
    .argument('<identity-id>', 'an owner of the accounts', parsePaxosId)
    .option('--json', 'print JSON')
    .action(async (identityId: string, { json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const items = await useCases.listAccounts(identityId)
        if (json) return print(JSON.stringify(items, null, 2))
        if (items.length === 0) return print('The customer has no further account. The first one is in the onboarding.')
        const rows = items.map(({ accountId, accountKey, type, owners, state, reason, updatedAt }) => [
          accountId ?? accountKey,
          type,
          String(owners.length),
          `${state}${reason ? ` (${reason})` : ''}`,
          utcTime(updatedAt),
        ])
        print(renderTable(['ACCOUNT', 'TYPE', 'OWNERS', 'STATE', 'CHANGED'], rows))
      })
    })
}

interface MemberFlags {
  member: OpenFlags['member']
  idempotencyKey?: string
  operator: string
  json?: boolean
}

/** `account add-member|remove-member`. */
function registerMemberCommands(account: Command, open: OpenUseCases, print: Print): void {
  const say = ({ change }: { change: AccountMemberChangeRecord }, json: boolean | undefined): void => {
    if (json) {
      print(JSON.stringify(change, null, 2))
      return
    }
    print(`change ${change.changeKey}: ${change.state}${change.reason ? ` (${change.reason})` : ''}`)
    print(`See the members: ${GATEHOUSE} account show ${change.accountId}`)
  }
  account
    .command('add-member')
    .description('add members to an account; repeating with the same key adds them once')
    .argument('<account-id>', "the account's id at Paxos", parseOpaqueId)
    .requiredOption('--member <identity:ROLE>', 'a member and its roles; repeatable', collectMember, [])
    .option('--idempotency-key <key>', 'use the same key to repeat safely; default: a new key')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
    .action(async (accountId: string, { member, idempotencyKey = randomUUID(), operator, json }: MemberFlags) => {
      const read = MemberList.safeParse(member)
      if (!read.success)
        throw new UsageError(read.error.issues.map(({ path, message }) => `members.${path.join('.')}: ${message}`).join('; '))
      await withUseCases(open, async (useCases) =>
        say(
          await useCases.addAccountMembers({ accountId, idempotencyKey, members: read.data }, { kind: 'operator', name: operator }),
          json,
        ),
      )
    })
  account
    .command('remove-member')
    .description('remove a member from an account; repeating removes nothing else')
    .argument('<account-id>', "the account's id at Paxos", parseOpaqueId)
    .argument('<membership-id>', 'as account show prints it', parseOpaqueId)
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
    .action(async (accountId: string, memberId: string, { operator, json }: Pick<MemberFlags, 'operator' | 'json'>) => {
      await withUseCases(open, async (useCases) =>
        say(await useCases.removeAccountMember({ accountId, memberId }, { kind: 'operator', name: operator }), json),
      )
    })
}

/** `<identity-id>:ROLE+ROLE`. An identity's id may hold a colon, a role may not. */
function collectMember(text: string, members: OpenFlags['member']): OpenFlags['member'] {
  const colon = text.lastIndexOf(':')
  if (colon < 1)
    throw new UsageError('--member must be an identity and its roles, such as 7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10:BENEFICIAL_OWNER')
  return [...members, { identityId: text.slice(0, colon), roles: text.slice(colon + 1).split('+') }]
}
