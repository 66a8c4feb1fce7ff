import type { Command } from 'commander'
import { counted } from '../operate/say/counted.ts'
import { AppError, UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type OpenUseCases, parsePaxosId, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { renderTable } from './render-table.ts'

/** The ledger was tampered with: an entry is missing, changed or moved. A writer other than Gatehouse changed the database. */
export class LedgerBrokenError extends AppError {
  readonly code = 'LEDGER_BROKEN'
  readonly retry = 'never'
}

/** `ledger verify`. */
export function registerLedgerCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  program
    .command('ledger')
    .description('the append-only record of every onboarding')
    .command('verify')
    .description('recompute every hash chain; exit 1 if an entry is missing, changed or moved')
    .option('--identity <id>', 'only the chain of this identity', parsePaxosId)
    .option('--json', 'print JSON')
    .action(async ({ identity, json }: { identity?: string; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        if (identity !== undefined && (await useCases.getOnboarding(identity))?.identityId !== identity)
          throw new UsageError(
            `Unknown identity ${identity}: it has no chain to verify. ${GATEHOUSE} onboarding list shows the known ones.`,
          )
        const report = await useCases.verifyLedger({ identityId: identity })
        const { identities, entries, faults } = report
        const seen = `${counted(entries, 'entry')} of ${counted(identities, 'identity')}`
        if (json) print(JSON.stringify(report, null, 2))
        else if (faults.length === 0) print(`${seen}: every chain is intact.`)
        else
          print(
            renderTable(
              ['IDENTITY', 'ENTRY', 'PROBLEM'],
              faults.map(({ identityId, entryNo, problem }) => [identityId, String(entryNo ?? '-'), problem]),
            ),
          )
        if (faults.length > 0)
          throw new LedgerBrokenError(`${seen}: ${counted(faults.length, 'fault')}. Compare with a backup before you replay anything.`)
      })
    })
}
