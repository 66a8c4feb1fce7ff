import type { Command } from 'commander'
import { utcTime } from '../operate/say-time.ts'
import { AppError } from '../platform/app-error.ts'
import { type OpenUseCases, parseCount, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { renderTable } from './render-table.ts'

/** The operators' audit is not what was written: an entry is missing or changed. */
export class AuditBrokenError extends AppError {
  readonly code = 'AUDIT_BROKEN'
  readonly retry = 'never'
}

/** `audit list|verify`: what operators did. */
export function registerAuditCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const audit = program.command('audit').description('what operators did: who, what, why')

  audit
    .command('list')
    .description('newest first')
    .option('--limit <number>', 'at most so many', parseCount(200), 50)
    .option('--cursor <cursor>', 'go on where the last page ended')
    .option('--json', 'print JSON')
    .action(async ({ json, ...query }: { limit: number; cursor?: string; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const page = await useCases.listAudit(query)
        if (json) return print(JSON.stringify(page, null, 2))
        if (page.items.length === 0)
          return print('No operator has done anything yet. Creating, planning and approving leave an entry here.')
        const rows = page.items.map(({ entryNo, at, operator, action, target, reason }) => [
          String(entryNo),
          utcTime(at).slice(0, 19),
          operator,
          action,
          target,
          reason ?? '',
        ])
        print(renderTable(['NO', 'AT (UTC)', 'OPERATOR', 'ACTION', 'TARGET', 'REASON'], rows))
        print(
          page.nextCursor
            ? `\nThere are more: add --cursor ${page.nextCursor}`
            : '\nCheck that nothing was changed: gatehouse audit verify',
        )
      })
    })

  audit
    .command('verify')
    .description('recompute the chain: no gap, no change; exit 1 when something is wrong')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const report = await useCases.verifyAudit()
        const { entries, head, fault } = report
        if (json) print(JSON.stringify(report, null, 2))
        else if (!fault)
          print(
            head
              ? `${entries} in order. Head: ${head}\nKeep the head elsewhere: it shows whether the end was cut off.`
              : 'The audit is empty.',
          )
        if (fault)
          throw new AuditBrokenError(
            `The audit is broken at entry ${fault.entryNo}: ${fault.problem}. The ${entries} before it are in order.`,
          )
      })
    })
}
