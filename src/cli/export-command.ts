import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { type Command, InvalidArgumentError } from 'commander'
import { EXPORT_FORMATS, type ExportFormat } from '../operate/export/export-format.ts'
import { exportLines } from '../operate/export/export-lines.ts'
import { EXPORTED, EXPORTS, type ExportedList } from '../operate/export/export-lists.ts'
import { fieldErrors, sayIssue } from '../operate/input/field-errors.ts'
import { UsageError } from '../platform/app-error.ts'
import { collectTexts, type OpenUseCases, parseOneOf, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'

interface ExportFlags {
  csv?: boolean
  jsonl?: boolean
  filter: readonly string[]
}

/** `export <list> --csv|--jsonl`: a whole list as lines. */
export function registerExportCommand(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  program
    .command('export')
    .description(`print a whole list (${EXPORTED.join(', ')}) as ${EXPORT_FORMATS.join(' or ')}, without personal data`)
    .argument('<list>', 'which list', parseOneOf(EXPORTED))
    .option('--csv', 'CSV with a head line (default)')
    .option('--jsonl', 'one JSON object per line')
    .option('--filter <name=value>', 'a filter of the list, such as state=dead or from=2h; repeatable', collectFilter, [])
    .action(async (list: ExportedList, { csv, jsonl, filter }: ExportFlags) => {
      if (csv && jsonl) throw new UsageError('--csv and --jsonl exclude each other')
      const format: ExportFormat = jsonl ? 'jsonl' : 'csv'
      const filters = readFilters(list, filter)
      await withUseCases(open, async (useCases) => {
        const lines = Readable.from(await exportLines(useCases, { list, format, filters }))
        lines.on('data', (chunk: string) => {
          if (chunk !== '') print(chunk.replace(/\r?\n$/, ''))
        })
        await finished(lines)
      })
    })
}

function collectFilter(text: string, before: readonly string[]): string[] {
  if (!/^\w+=./.test(text)) throw new InvalidArgumentError('It takes name=value, such as state=dead.')
  return collectTexts(text, [...before])
}

/** @throws UsageError naming every wrong filter */
function readFilters(list: ExportedList, texts: readonly string[]): Readonly<Record<string, unknown>> {
  const { filters } = EXPORTS[list]
  const given = Object.fromEntries(texts.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]))
  const parsed = filters.safeParse(given, { error: sayIssue })
  if (parsed.success) return parsed.data
  const errors = fieldErrors(parsed.error, { known: Object.keys(filters.shape), whole: '--filter' })
  throw new UsageError(`--filter ${errors.map(({ field, message }) => `${field} ${message}`).join('; ')}`)
}
