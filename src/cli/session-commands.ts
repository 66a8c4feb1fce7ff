import type { Command } from 'commander'
import { counted } from '../operate/say/counted.ts'
import { UsageError } from '../platform/app-error.ts'
import { nameAndReason, type OpenUseCases, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'

interface Flags {
  of?: string
  all?: boolean
  operator?: string
  reason?: string
  json?: boolean
}

/** `session end`: logs operators out of the pages immediately, for example after a laptop was stolen or a colleague left. */
export function registerSessionCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  program
    .command('session')
    .description('logins on the pages')
    .command('end')
    .description('end the sessions of one operator or of all; their tokens still allow new logins')
    .option('--of <name>', 'end the sessions of this operator')
    .option('--all', 'end all sessions')
    .requiredOption('--operator <name>', 'your name, for the audit')
    .requiredOption('--reason <text>', 'why; recorded in the audit')
    .option('--json', 'print JSON')
    .action(async ({ of, all, json, ...flags }: Flags) => {
      if ((of === undefined) !== (all === true)) throw new UsageError('name one operator with --of, or end all sessions with --all')
      const { actor, reason } = nameAndReason(flags)
      await withUseCases(open, async (useCases) => {
        const ended = await useCases.endSessions({ operator: of ?? null, reason }, actor)
        print(json ? JSON.stringify({ ended }) : `${counted(ended, 'session')} ended`)
      })
    })
}
