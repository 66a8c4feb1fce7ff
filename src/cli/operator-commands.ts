import type { Command } from 'commander'
import type { z } from 'zod'
import {
  AddOperator,
  ChangeRole,
  CreateToken,
  OPERATOR_KINDS,
  type OperatorKind,
  ROLES,
  type Role,
} from '../operate/access/operator-input.ts'
import type { OperatorRecord, TokenRecord } from '../operate/access/operators.ts'
import { utcTime } from '../operate/say/say-time.ts'
import { UsageError } from '../platform/app-error.ts'
import { nameAndReason, type OpenUseCases, parseId, parseOneOf, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { renderTable } from './render-table.ts'

interface ActFlags {
  operator: string
  reason: string
  json?: boolean
}

/** `operators add|list|role|remove` and `operators token create|list|revoke`. */
export function registerOperatorCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const operators = program.command('operators').description('people and programs that may use Gatehouse: roles and tokens')
  acting(
    operators.command('add').description('add a person or a program with a role').argument('<name>', 'the name that the audit records'),
  )
    .requiredOption('--role <role>', ROLES.join(', '), parseOneOf(ROLES))
    .option('--kind <kind>', 'person, or program: a program has no login on the pages', parseOneOf(OPERATOR_KINDS), 'person' as const)
    .action(async (name: string, { json, role, kind, ...flags }: ActFlags & { role: Role; kind: OperatorKind }) => {
      const { actor, reason } = nameAndReason(flags)
      const asked = checked(AddOperator, { name, role, kind, reason })
      await withUseCases(open, async (useCases) => tell(await useCases.addOperator(asked, actor), { print, json }))
    })
  operators
    .command('list')
    .description('list operators with their roles, also removed ones')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const all = await useCases.listOperators()
        print(json ? JSON.stringify(all, null, 2) : renderOperators(all))
      })
    })
  acting(
    operators
      .command('role')
      .description('change the role; a smaller one ends the sessions')
      .argument('<name>')
      .argument('<role>', ROLES.join(', '), parseOneOf(ROLES)),
  ).action(async (name: string, role: Role, { json, ...flags }: ActFlags) => {
    const { actor, reason } = nameAndReason(flags)
    await withUseCases(open, async (useCases) =>
      tell(await useCases.changeRole(name, checked(ChangeRole, { role, reason }), actor), { print, json }),
    )
  })
  acting(operators.command('remove').description('remove an operator: revokes the tokens and ends the sessions').argument('<name>')).action(
    async (name: string, { json, ...flags }: ActFlags) => {
      const { actor, reason } = nameAndReason(flags)
      await withUseCases(open, async (useCases) => tell(await useCases.removeOperator(name, { reason }, actor), { print, json }))
    },
  )
  registerTokenCommands(operators.command('token').description('tokens for the API and for the login on the pages'), open, print)
}

function registerTokenCommands(token: Command, open: OpenUseCases, print: Print): void {
  acting(token.command('create').description('create a token; prints it once').argument('<name>', 'the operator'))
    .requiredOption('--label <text>', 'where it is used, such as laptop or deploy script')
    .option('--role <role>', "the most that it may do; by default the operator's role", parseOneOf(ROLES))
    .option('--expires <time>', '90d, a date, or a time; by default it does not expire')
    .action(async (name: string, { json, label, role, expires, ...flags }: ActFlags & { label: string; role?: Role; expires?: string }) => {
      const { actor, reason } = nameAndReason(flags)
      const asked = checked(CreateToken, { label, reason, ...(role ? { role } : {}), ...(expires ? { expires } : {}) })
      await withUseCases(open, async (useCases) => {
        const created = await useCases.createToken(name, asked, actor)
        print(json ? JSON.stringify(created, null, 2) : `${created.secret}\n\nShown once. ${sayToken(created.token)}`)
      })
    })
  token
    .command('list')
    .description('list tokens with their last use, newest first')
    .argument('[name]', 'the operator; without it, all tokens')
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, { json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const tokens = await useCases.listTokens(name ?? null)
        print(json ? JSON.stringify(tokens, null, 2) : renderTokens(tokens))
      })
    })
  acting(
    token
      .command('revoke')
      .description('revoke a token; also ends the sessions that it opened')
      .argument('<id>', 'as token list prints it', parseId),
  ).action(async (id: string, { json, ...flags }: ActFlags) => {
    const { actor, reason } = nameAndReason(flags)
    await withUseCases(open, async (useCases) => {
      const revoked = await useCases.revokeToken(id, { reason }, actor)
      print(json ? JSON.stringify(revoked, null, 2) : sayToken(revoked))
    })
  })
}

function acting(command: Command): Command {
  return command
    .requiredOption('--operator <name>', 'your name, for the audit')
    .requiredOption('--reason <text>', 'why; recorded in the audit')
    .option('--json', 'print JSON')
}

/** @throws UsageError naming each wrong value */
function checked<Input extends z.ZodType>(input: Input, given: unknown): z.output<Input> {
  const parsed = input.safeParse(given)
  if (parsed.success) return parsed.data
  throw new UsageError(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '))
}

function tell(operator: OperatorRecord, { print, json }: { print: Print; json?: boolean | undefined }): void {
  const { name, kind, role, removedAt } = operator
  print(json ? JSON.stringify(operator, null, 2) : removedAt ? `${name} is removed.` : `${name} (${kind}) has the role ${role}.`)
}

function sayToken({ id, operator, label, role, expiresAt, revokedAt }: TokenRecord): string {
  const end = revokedAt ? 'revoked' : expiresAt ? `expires ${utcTime(expiresAt)}` : 'does not expire'
  return `Token ${id} of ${operator} (${label}, ${role}): ${end}.`
}

const minute = (at: Date | null): string => (at ? utcTime(at).slice(0, 16) : '-')

function renderOperators(operators: readonly OperatorRecord[]): string {
  if (operators.length === 0) return 'No operators yet: OPERATOR_TOKEN has the role admin.'
  const rows = operators.map(({ name, kind, role, source, addedBy, addedAt, removedAt }) => [
    ...[name, kind, removedAt ? 'removed' : role, source, addedBy, minute(addedAt)],
  ])
  return renderTable(['NAME', 'KIND', 'ROLE', 'SOURCE', 'ADDED BY', 'ADDED (UTC)'], rows)
}

function renderTokens(tokens: readonly TokenRecord[]): string {
  if (tokens.length === 0) return 'No tokens.'
  const rows = tokens.map(({ id, operator, label, role, lastUsedAt, expiresAt, revokedAt }) => [
    ...[id, operator, label, revokedAt ? 'revoked' : role, minute(lastUsedAt), minute(expiresAt)],
  ])
  return renderTable(['TOKEN', 'OPERATOR', 'LABEL', 'ROLE', 'LAST USED (UTC)', 'EXPIRES (UTC)'], rows)
}
