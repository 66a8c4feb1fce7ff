import { randomUUID } from 'node:crypto'
import { type Command, Option } from 'commander'
import { MEMBER_ROLES } from '../domain/institution/institution-members.ts'
import type { MemberRequest } from '../operate/onboarding/change-members.ts'
import { MembersBody } from '../operate/onboarding/members-request.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type OpenUseCases, parsePaxosId, systemUser, withUseCases } from './command-input.ts'
import { parseOpaqueId } from './parse-opaque-id.ts'
import type { Print } from './print.ts'
import { renderTable } from './render-table.ts'

interface ChangeFlags {
  idempotencyKey?: string
  operator: string
  json?: boolean
}

interface AddFlags extends ChangeFlags {
  role: string[]
  ownership?: string
}

/** `onboarding member list|add|remove`: the members of an institution. */
export function registerMemberCommands(onboarding: Command, open: OpenUseCases, print: Print): void {
  const member = onboarding.command('member').description('the members of an institution')
  registerList(member, open, print)
  withChangeFlags(
    member
      .command('add')
      .description('add a member to an institution: an identity that Paxos has approved')
      .argument('<institution-id>', "the institution's identity at Paxos", parsePaxosId)
      .argument('<identity-id>', "the member's identity at Paxos", parsePaxosId)
      .addOption(new Option('--role <role...>', 'one role or more').choices([...MEMBER_ROLES]).makeOptionMandatory())
      .option('--ownership <percent>', 'the share in percent'),
  ).action(async (institutionId: string, identityId: string, flags: AddFlags) => {
    const { role: roles, ownership } = flags
    const read = MembersBody.safeParse({ members: [{ identityId, roles, ownership }] })
    if (!read.success) throw new UsageError(read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '))
    await change(institutionId, { members: read.data.members }, flags, { open, print })
  })
  withChangeFlags(
    member
      .command('remove')
      .description('remove a member of an institution')
      .argument('<institution-id>', "the institution's identity at Paxos", parsePaxosId)
      .argument('<member-id>', 'as member list prints it', parseOpaqueId),
  ).action(async (institutionId: string, memberId: string, flags: ChangeFlags) => {
    await change(institutionId, { memberId }, flags, { open, print })
  })
}

function registerList(member: Command, open: OpenUseCases, print: Print): void {
  member
    .command('list')
    .description('list the members of an institution, read from Paxos now')
    .argument('<institution-id>', "the institution's identity at Paxos", parsePaxosId)
    .option('--json', 'print JSON')
    .action(async (institutionId: string, { json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const members = await useCases.listMembers(institutionId)
        if (json) return print(JSON.stringify(members, null, 2))
        const rows = members.map(({ memberId, identityId, roles, ownership, status }) => {
          return [memberId, identityId, roles.join(', '), ownership ?? '-', status ?? '-']
        })
        print(renderTable(['MEMBER', 'IDENTITY', 'ROLES', '%', 'STATUS'], rows))
      })
    })
}

function withChangeFlags(command: Command): Command {
  return command
    .option('--idempotency-key <key>', 'use the same key to repeat safely; default: a new key')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
}

async function change(
  identityId: string,
  asked: MemberRequest['change'],
  { idempotencyKey = randomUUID(), operator, json }: ChangeFlags,
  { open, print }: { open: OpenUseCases; print: Print },
): Promise<void> {
  await withUseCases(open, async (useCases) => {
    const actor = { kind: 'operator', name: operator } as const
    const { change: made } = await useCases.changeMembers({ identityId, idempotencyKey, change: asked }, actor)
    if (json) return print(JSON.stringify(made, null, 2))
    print(`member change ${made.changeId}: ${made.action}, ${made.state}${made.reason ? ` (${made.reason})` : ''}`)
    if (made.state === 'submitting') print(`No worker has sent it yet. Check that one runs: ${GATEHOUSE} doctor`)
  })
}
