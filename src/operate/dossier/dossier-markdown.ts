import { printableLine } from '../../platform/printable.ts'
import { counted } from '../say/counted.ts'
import type { Dossier } from './dossier.ts'
import { SAY_WAY, sayDelays } from './say-dossier.ts'

/** Customers that the Markdown lists; the CSV has all. */
const LISTED_CUSTOMERS = 500

/** The dossier as Markdown. Ids and codes come from outside, so every cell is escaped. */
export function dossierMarkdown(dossier: Dossier): string {
  const { from, to, asOf, timeline, failures, acts, moreActs, risks, notKnown } = dossier
  const time = (at: Date | null): string => at?.toISOString() ?? ''
  return `${[
    '# Incident dossier',
    `From ${time(from)} to ${time(to)}, written at ${time(asOf)}. Every figure comes from the rows of Gatehouse. Customers are named by their ids only.`,
    '## Timeline',
    table(
      ['From', 'To', 'Kind', 'What'],
      timeline.map(({ at, until, kind, text }) => [time(at), time(until), kind, text]),
      'Nothing is on record for this window.',
    ),
    '## Failures by cause',
    table(
      ['Of', 'Cause', 'Count', 'Now', 'First', 'Last'],
      failures.map((failure) => [failure.of, failure.cause, failure.count, failure.now, time(failure.firstAt), time(failure.lastAt)]),
      'No failure is on record for this window.',
    ),
    '## Customers affected',
    customersOf(dossier),
    '## Delays',
    ...delaysOf(dossier),
    '## How the events ended',
    ...recoveryOf(dossier),
    "## Operators' acts",
    table(
      ['At', 'Operator', 'Kind', 'Action', 'Target'],
      acts.map(({ at, operator, actorKind, action, target }) => [time(at), operator, actorKind ?? '', action, target]),
      'No operator acted in this window.',
    ),
    ...(moreActs ? ['There are more acts: the list of the audit has them all.'] : []),
    '## Remaining risk',
    table(
      ['Count', 'What', 'Next action'],
      risks.map(({ count, sentence, nextAction }) => [count, sentence, nextAction]),
      'None is on record.',
    ),
    '## Not known',
    notKnown.map((gap) => `- ${cell(gap)}`).join('\n'),
  ].join('\n\n')}\n`
}

function customersOf({ customers, moreCustomers }: Dossier): string {
  if (customers.length === 0) return 'No customer is known to be affected.'
  const listed = customers.slice(0, LISTED_CUSTOMERS).map((id) => `- ${cell(id)}`)
  const rest = customers.length - listed.length
  const head = `${moreCustomers ? 'At least ' : ''}${counted(customers.length, 'customer')}: their events or effects failed, waited longer than 5 min, or came without a webhook.`
  return [head, '', ...listed, ...(rest > 0 ? ['', `${rest} more stand in the CSV.`] : [])].join('\n')
}

function delaysOf({ delays }: Dossier): string[] {
  if (delays === null) return ['No customer became ready by an event of this window.']
  return ['From the receipt of the deciding event to the notification "ready":', table(['Measure', 'Value'], sayDelays(delays), '')]
}

function recoveryOf({ recovery }: Dossier): string[] {
  const { received, atLeast, ways } = recovery
  return [
    `${atLeast ? 'At least ' : ''}${counted(received, 'event')} received in the window, in their state now:`,
    table(
      ['Events', 'How'],
      ways.map(({ way, events }) => [events, SAY_WAY[way]]),
      '',
    ),
  ]
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[], empty: string): string {
  if (rows.length === 0) return empty
  const line = (cells: readonly (string | number)[]): string => `| ${cells.map((value) => cell(String(value))).join(' | ')} |`
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

/** No text from outside may end a cell, begin markup or a link, or hide characters. */
function cell(text: string): string {
  return printableLine(text).replaceAll(/[\\`*_{}[\]<>#|~]/g, '\\$&')
}
