import type { Command } from 'commander'
import { DOSSIER_FORMATS, type DossierFormat } from '../operate/dossier/dossier.ts'
import { DOSSIER_TEXTS } from '../operate/dossier/dossier-text.ts'
import { type OpenUseCases, parseOneOf, parseTime, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { writeOut } from './write-out.ts'

interface DossierFlags {
  from?: Date
  to?: Date
  format: DossierFormat
  out?: string
}

/** `dossier`: what happened in a window, for a report on an incident. */
export function registerDossierCommand(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  program
    .command('dossier')
    .description('what happened in a window: timeline, causes, customers (ids), delays, recovery, acts of operators, remaining risk')
    .option('--from <time>', 'start of the window: a time, a date, or 15m, 2h, 3d ago (default: 24 h before its end)', parseTime)
    .option('--to <time>', 'end of the window (default: now)', parseTime)
    .option('--format <format>', DOSSIER_FORMATS.join(' or '), parseOneOf(DOSSIER_FORMATS), 'markdown')
    .option('--out <file>', 'write it to this file')
    .action(async ({ from, to, format, out }: DossierFlags) => {
      await withUseCases(open, async (useCases) => {
        const text = DOSSIER_TEXTS[format].write(await useCases.writeDossier({ from, to }))
        if (out === undefined) return print(text.replace(/\r?\n$/, ''))
        writeOut(out, text)
        print(`Wrote ${out}.`)
      })
    })
}
