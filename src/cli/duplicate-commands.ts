import type { Command } from 'commander'
import type { DuplicateView } from '../operate/onboarding/duplicates.ts'
import { utcTime } from '../operate/say/say-time.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { nameAndReason, type OpenUseCases, withUseCases } from './command-input.ts'
import type { Print } from './print.ts'
import { renderTable } from './render-table.ts'

interface DecideFlags {
  operator: string
  reason: string
  json?: boolean
}

/** `onboarding duplicates|confirm-duplicate|decline-duplicate`: requests for persons whom Paxos knows already. */
export function registerDuplicateCommands(onboarding: Command, open: OpenUseCases, print: Print): void {
  onboarding
    .command('duplicates')
    .description('list the requests that wait for a decision about a duplicate person, newest first')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const page = await useCases.listDuplicates({ limit: 200 })
        if (json) return print(JSON.stringify(page, null, 2))
        if (page.items.length === 0) return print('No request waits for a decision about a duplicate person.')
        const rows = page.items.map((each) => [each.requestId, each.refId, each.existingIdentityId, utcTime(each.createdAt)])
        print(renderTable(['REQUEST', 'REF_ID', 'EXISTING IDENTITY', 'CREATED (UTC)'], rows))
      })
    })
  decide(onboarding, {
    verb: 'confirm-duplicate',
    does: 'confirm that it is the same person: opens a further account on the existing identity',
    open,
    act: async (useCases, id, reason, actor) => {
      const done = await useCases.confirmDuplicate(id, { reason }, actor)
      return done && { ...done, says: `account ${done.account.accountId ?? done.account.accountKey}: ${done.account.state}` }
    },
    print,
  })
  decide(onboarding, {
    verb: 'decline-duplicate',
    does: 'decline the request; nothing is opened',
    open,
    act: async (useCases, id, reason, actor) => {
      const duplicate = await useCases.declineDuplicate(id, { reason }, actor)
      return duplicate && { duplicate, says: 'Nothing was opened.' }
    },
    print,
  })
}

type UseCases = Parameters<Parameters<typeof withUseCases>[1]>[0]
type Decided = { duplicate: DuplicateView; says: string } | null

function decide(
  onboarding: Command,
  command: {
    verb: string
    does: string
    open: OpenUseCases
    act: (useCases: UseCases, id: string, reason: string, actor: ReturnType<typeof nameAndReason>['actor']) => Promise<Decided>
    print: Print
  },
): void {
  const { verb, does, open, act, print } = command
  onboarding
    .command(verb)
    .description(does)
    .argument('<request-id>', 'as onboarding duplicates prints it')
    .requiredOption('--operator <name>', 'your name, for the audit')
    .requiredOption('--reason <text>', 'why; recorded in the audit')
    .option('--json', 'print JSON')
    .action(async (id: string, { json, ...flags }: DecideFlags) => {
      const { actor, reason } = nameAndReason(flags)
      await withUseCases(open, async (useCases) => {
        const done = await act(useCases, id, reason, actor)
        if (!done) throw new UsageError(`Unknown request ${id}. ${GATEHOUSE} onboarding duplicates lists those that wait.`)
        print(json ? JSON.stringify(done.duplicate, null, 2) : `request ${id}: ${done.duplicate.state}. ${done.says}`)
      })
    })
}
