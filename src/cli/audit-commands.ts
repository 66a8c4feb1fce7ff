import type { Command } from 'commander'
import { AUDIT_BY } from '../operate/input/query-inputs.ts'
import { utcTime } from '../operate/say/say-time.ts'
import type { AuditEntry } from '../operate/use-cases.ts'
import { AppError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type OpenUseCases, parseCount, parseOneOf, parseTime, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { renderTable } from './render-table.ts'

/** The audit was tampered with: an entry is missing or changed. */
export class AuditBrokenError extends AppError {
  readonly code = 'AUDIT_BROKEN'
  readonly retry = 'never'
}

interface ListFlags {
  by?: (typeof AUDIT_BY)[number]
  operator?: string
  action?: string
  since?: Date | undefined
  until?: Date | undefined
  limit: number
  cursor?: string
  json?: boolean
}

/** `audit list|verify`: the record of operators' actions. */
export function registerAuditCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const audit = program.command('audit').description("the record of operators' actions: who, what, why")

  audit
    .command('list')
    .description('list entries, newest first')
    .option('--by <kind>', `only: ${AUDIT_BY.join(', ')}; people: leaves out what programs did through the API`, parseOneOf(AUDIT_BY))
    .option('--operator <name>', 'only actions of this operator')
    .option('--action <action>', 'only this action, or actions with these first words: replay, queue.pause')
    .option('--since <time>', 'done at or after: a time, a date, or 15m, 2h, 3d ago', parseTime)
    .option('--until <time>', 'done before', parseTime)
    .option('--limit <number>', 'most entries to list', parseCount(200), 50)
    .option('--cursor <cursor>', 'continue after the previous page')
    .option('--json', 'print JSON')
    .action(async ({ json, since, until, ...query }: ListFlags) => {
      await withUseCases(open, async (useCases) => {
        const page = await useCases.listAudit({ ...query, from: since, to: until })
        if (json) return print(JSON.stringify(page, null, 2))
        if (page.items.length === 0) return print(sayEmpty({ ...query, since, until }))
        print(renderList(page.items))
        print(
          page.nextCursor
            ? `\nMore entries: add --cursor ${page.nextCursor}`
            : `\nTo check that no entry was changed: ${GATEHOUSE} audit verify`,
        )
      })
    })

  audit
    .command('verify')
    .description('recompute the hash chain; exit 1 if an entry is missing or changed')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const report = await useCases.verifyAudit()
        const { entries, head, fault } = report
        if (json) print(JSON.stringify(report, null, 2))
        else if (!fault)
          print(
            head
              ? `${entries} intact. Head: ${head}\nStore the head elsewhere: it proves later whether the end was cut off.`
              : 'The audit has no entries.',
          )
        if (fault)
          throw new AuditBrokenError(
            `The audit is broken at entry ${fault.entryNo}: ${fault.problem}. The ${entries} before it are intact.`,
          )
      })
    })
}

function sayEmpty({ by, operator, action, since, until }: ListFlags): string {
  return by || operator || action || since || until
    ? `No entry matches. ${GATEHOUSE} audit list shows all.`
    : 'No operator action recorded yet. Actions such as creating an onboarding or approving a replay appear here.'
}

function renderList(entries: readonly AuditEntry[]): string {
  const rows = entries.map(({ entryNo, at, operator, actorKind, action, target, reason }) => [
    String(entryNo),
    utcTime(at).slice(0, 19),
    operator,
    actorKind ?? '-',
    action,
    target,
    reason ?? '',
  ])
  return renderTable(['NO', 'AT (UTC)', 'OPERATOR', 'KIND', 'ACTION', 'TARGET', 'REASON'], rows)
}
