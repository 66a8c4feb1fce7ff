import { extname } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { IMPORT_ID, type ImportRecord, SOURCE_FORMATS } from '../domain/bulk-import.ts'
import type { SourceFile } from '../operate/imports/import-use-cases.ts'
import { REPORT_HEAD, rejectedLines, reportRows } from '../operate/imports/rejected-lines.ts'
import { counted } from '../operate/say/counted.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { limitHeapGrowth } from '../platform/heap-growth.ts'
import { type OpenUseCases, parseCount, systemUser, withUseCases } from './command-input.ts'
import { watchImport } from './import-progress.ts'
import { type Print, print as toStdout } from './print.ts'
import { registerShow } from './register-show.ts'
import { renderImport, renderImports } from './render-import.ts'
import { writeReport } from './write-report.ts'

interface Flags {
  format?: SourceFile['format']
  dryRun?: boolean
  resume?: string
  rejects?: string
  operator: string
  json?: boolean
}

/** An import runs for hours, so its process collects garbage earlier, as a worker's does. */
const HEAP_GROWTH_PERCENT = 50

interface Parts {
  open: OpenUseCases
  print: Print
}

/** `import <file>` and `import list|show|template`: many customers from one file. */
export function registerImportCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  program.enablePositionalOptions() // so that `import` does not take the --json of its verbs
  const group = program
    .command('import')
    .enablePositionalOptions()
    .description('onboard many customers from a CSV or JSONL file; the same command continues an import that was stopped')
    .argument('<file>', 'CSV with a head line, or one JSON object per line')
    .addOption(new Option('--format <format>', 'the format; default: by the extension').choices([...SOURCE_FORMATS]))
    .option('--dry-run', 'check all lines and send nothing; needs no database')
    .option('--resume <import>', 'continue this import, and refuse a file that is not its file', parseImportId)
    .option('--rejects <path>', 'the report of lines that were not imported; default: <file>.rejects.csv')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
    .action(async (path: string, flags: Flags) => {
      limitHeapGrowth(HEAP_GROWTH_PERCENT)
      const file = { path, format: flags.format ?? formatOf(path) }
      const report = flags.rejects ?? `${path}.rejects.csv`
      if (flags.dryRun) return checkOnly(file, { report, json: flags.json, print })
      await withUseCases(open, (useCases) => runAll(useCases, file, { ...flags, report, print }))
    })
  registerReads(group, { open, print })
  registerTemplate(group, print)
}

async function runAll(
  useCases: OperatorUseCases,
  file: SourceFile,
  { resume, operator, json, report, print }: Flags & { report: string; print: Print },
): Promise<void> {
  const { signal, onProgress, end } = watchImport()
  const done = await useCases.runImport(file, { resume, signal, onProgress }, { kind: 'operator', name: operator }).finally(end)
  await writeReport(
    report,
    rejectedLines((query) => useCases.listRejectedLines(done.id, query)),
  )
  if (done.rejected > 0 || done.state !== 'finished') process.exitCode = 1
  if (json) print(JSON.stringify(done, null, 2))
  else print([renderImport(done), ...hintsFor(done, { file, report })].join('\n'))
}

function hintsFor({ state, rejected, held }: ImportRecord, { file, report }: { file: SourceFile; report: string }): string[] {
  return [
    ...(state === 'finished' ? [] : [`Continue it: ${GATEHOUSE} import ${file.path}`]),
    ...(rejected > 0 ? [`The report names each rejected line with its wrong fields: ${report}`] : []),
    ...(held > 0 ? [`Decide about the persons whom Paxos knows already: ${GATEHOUSE} onboarding duplicates`] : []),
  ]
}

async function checkOnly(
  file: SourceFile,
  { report, json, print }: { report: string; json: boolean | undefined; print: Print },
): Promise<void> {
  const { checkFile } = await import('../operate/imports/check-file.ts')
  const { check, rejectedLines: lines } = await checkFile(file)
  await writeReport(report, lines)
  const { records, valid, rejected, repeated } = check
  if (rejected > 0) process.exitCode = 1
  if (json) return print(JSON.stringify(check, null, 2))
  print(
    `${counted(records, 'line')} checked, nothing sent: ${valid} valid, ${rejected} rejected, ${repeated} with the ref_id of an earlier line.`,
  )
  if (rejected > 0) print(`The report names each rejected line with its wrong fields: ${report}`)
}

function registerReads(group: Command, parts: Parts): void {
  const { open, print } = parts
  group
    .command('list')
    .description('imports, last requested first')
    .option('--limit <count>', 'how many', parseCount(200), 50)
    .option('--cursor <cursor>', 'continue after the previous page')
    .option('--json', 'print JSON')
    .action(async ({ json, ...query }: { limit: number; cursor?: string; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const page = await useCases.listImports(query)
        if (json) return print(JSON.stringify(page, null, 2))
        print(page.items.length === 0 ? `No import yet. Start one: ${GATEHOUSE} import <file>` : renderImports(page.items))
        if (page.nextCursor) print(`\nMore imports: add --cursor ${page.nextCursor}`)
      })
    })
  registerShow(group, parts, {
    description: 'show one import: its state and its counts',
    argument: ['import', 'as import list prints it'],
    parse: parseImportId,
    find: (useCases, id) => useCases.getImport(id),
    render: renderImport,
    unknown: (id) => `Unknown import ${id}. ${GATEHOUSE} import list shows the known ones.`,
  })
  group
    .command('rejects')
    .description('print the lines that were not imported, as CSV: line, field, message, code; never a value')
    .argument('<import>', 'as import list prints it', parseImportId)
    .action(async (id: string) => {
      await withUseCases(open, async (useCases) => {
        if ((await useCases.getImport(id)) === null)
          throw new UsageError(`Unknown import ${id}. ${GATEHOUSE} import list shows the known ones.`)
        print(REPORT_HEAD.trimEnd())
        for await (const line of rejectedLines((query) => useCases.listRejectedLines(id, query)))
          print(reportRows(line).trimEnd().replaceAll('\r\n', '\n'))
      })
    })
}

function registerTemplate(group: Command, print: Print): void {
  group
    .command('template')
    .description('print a file to start from, with one invented person: CSV with every column of a person, or JSONL')
    .option('--csv', 'CSV (default)')
    .option('--jsonl', 'JSONL')
    .action(async ({ csv, jsonl }: { csv?: boolean; jsonl?: boolean }) => {
      if (csv && jsonl) throw new UsageError('--csv and --jsonl exclude each other')
      const { importTemplate } = await import('../operate/imports/import-template.ts')
      const { samplePerson } = await import('../compose/invented-person.ts')
      print(importTemplate(jsonl ? 'jsonl' : 'csv', samplePerson()).trimEnd())
    })
}

/** @throws UsageError */
function formatOf(path: string): SourceFile['format'] {
  const extension = extname(path).toLowerCase()
  if (extension === '.csv') return 'csv'
  if (extension === '.jsonl' || extension === '.ndjson') return 'jsonl'
  throw new UsageError(`The name of ${path} does not say its format: add --format csv or --format jsonl`)
}

function parseImportId(text: string): string {
  if (!IMPORT_ID.test(text)) throw new InvalidArgumentError('It takes the id of an import, such as import-3f2a… with 32 digits.')
  return text
}
