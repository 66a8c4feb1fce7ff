import type { Command } from 'commander'
import type { KeyView } from '../operate/access/webhook-keys.ts'
import { utcTime } from '../operate/say/say-time.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { nameAndReason, type OpenUseCases, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { renderTable } from './render-table.ts'

/** `key list|leaked|promote`: the webhook keys, by slot. */
export function registerKeyCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const key = program.command('key').description('webhook keys: last use, and whether Paxos knows their events')
  key
    .command('list')
    .description('list the webhook keys by slot (a fingerprint, never the key)')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const keys = await useCases.listKeys()
        print(json ? JSON.stringify(keys, null, 2) : renderKeys(keys))
      })
    })
  for (const { verb, description, act } of [
    {
      verb: 'leaked',
      description: "only Paxos's listing moves what this key brings, until key promote; true events lose no time",
      act: (useCases: OperatorUseCases) => useCases.leakKey,
    },
    {
      verb: 'promote',
      description: 'trust a demoted or leaked key again; Gatehouse demotes it again if Paxos does not know its events',
      act: (useCases: OperatorUseCases) => useCases.promoteKey,
    },
  ]) {
    key
      .command(verb)
      .description(description)
      .argument('<slot>', 'as key list prints it')
      .requiredOption('--operator <name>', 'your name, for the audit')
      .requiredOption('--reason <text>', 'why; recorded in the audit')
      .option('--json', 'print JSON')
      .action(async (slot: string, { json, ...flags }: { operator: string; reason: string; json?: boolean }) => {
        const { actor, reason } = nameAndReason(flags)
        await withUseCases(open, async (useCases) => {
          const seen = await act(useCases)(slot, { reason }, actor)
          if (!seen) throw new UsageError(`Unknown webhook key ${slot}. ${GATEHOUSE} key list shows the known keys.`)
          print(json ? JSON.stringify(seen, null, 2) : `Webhook key ${slot} is ${seen.standing}.`)
        })
      })
  }
}

function renderKeys(keys: readonly KeyView[]): string {
  if (keys.length === 0) return 'No receiver has run on this database yet.'
  const rows = keys.map(({ slot, standing, accepted, lastUsedAt, known, unknown, safeToDelete }) => [
    slot,
    standing,
    accepted === null ? '-' : accepted ? 'yes' : 'no',
    lastUsedAt ? utcTime(lastUsedAt).slice(0, 19) : '-',
    `${known} of ${known + unknown}`,
    safeToDelete ? 'yes' : 'no',
  ])
  return renderTable(['KEY', 'STANDING', 'ACCEPTED', 'LAST USED (UTC)', 'KNOWN TO PAXOS', 'SAFE TO DELETE'], rows)
}
