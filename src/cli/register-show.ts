import type { Command } from 'commander'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import { type OpenUseCases, withUseCases } from './command-input.ts'
import type { Print } from './print.ts'

export interface Shown<Found> {
  description: string
  /** The id that the command takes: its name and its description. */
  argument: readonly [string, string]
  parse: (text: string) => string
  find: (useCases: OperatorUseCases, id: string) => Promise<Found | null>
  render: (found: Found) => string
  /** What the error says about an unknown id, with the remedy. */
  unknown: (id: string) => string
}

/** Adds `show <id>` to a noun: prints one thing as text, or as JSON. */
export function registerShow<Found>(noun: Command, { open, print }: { open: OpenUseCases; print: Print }, shown: Shown<Found>): void {
  noun
    .command('show')
    .description(shown.description)
    .argument(`<${shown.argument[0]}>`, shown.argument[1], shown.parse)
    .option('--json', 'print JSON')
    .action(async (id: string, { json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const found = await shown.find(useCases, id)
        if (!found) throw new UsageError(shown.unknown(id))
        print(json ? JSON.stringify(found, null, 2) : shown.render(found))
      })
    })
}
