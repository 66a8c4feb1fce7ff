import type { Command } from 'commander'
import type { FindAnswer } from '../operate/find.ts'
import { utcTime } from '../operate/say/say-time.ts'
import { type OpenUseCases, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { renderTable } from './render-table.ts'

/** `find`: searches everything that has an id or a key. */
export function registerFindCommand(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  program
    .command('find')
    .description(
      'find everything with this id or key (event, identity, account, ref_id, webhook-id, order, replay, …) or with these first characters',
    )
    .argument('<text>', 'an id or a key, or its first characters')
    .option('--json', 'print JSON')
    .action(async (text: string, { json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const answer = await useCases.find(text)
        print(json ? JSON.stringify(answer, null, 2) : renderAnswer(answer))
      })
    })
}

function renderAnswer({ text, items, more }: FindAnswer): string {
  const [first] = items
  if (!first) return `No matches. No id and no key starts with ${text}.`
  const rows = items.map(({ says, state, matchedBy, value, at }) => [says, state, matchedBy, value, utcTime(at).slice(0, 19)])
  const table = renderTable(['WHAT', 'STATE', 'MATCHED BY', 'VALUE', 'SINCE (UTC)'], rows)
  const rest = more ? '\nMore matches exist than are listed. Give more characters.' : ''
  return `${table}\n${rest}\nShow it: ${first.command}`
}
