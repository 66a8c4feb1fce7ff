import { type Command, InvalidArgumentError } from 'commander'
import { Annotation, ISSUE_VERBS, IssueId, type IssueState, IssueStateFilter, type IssueVerb } from '../operate/issues/issue-input.ts'
import { sayCause, sayFailures, sayTreatment } from '../operate/issues/say-issue.ts'
import { utcTime } from '../operate/say/say-time.ts'
import type { Issue, IssueStory } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { nameAndReason, type OpenUseCases, parseOneOf, parseTime, systemUser, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { registerShow } from './register-show.ts'
import { renderTable } from './render-table.ts'

interface TreatFlags {
  until?: Date
  operator: string
  reason: string
  json?: boolean
}

const DESCRIPTIONS: Readonly<Record<IssueVerb, string>> = {
  acknowledge: 'acknowledge an issue: you work on it; the home page shows it as a warning',
  mute: 'mute an issue: the home page leaves it out until then',
  resolve: 'resolve an issue; only a later failure opens it again',
  reopen: 'reopen an issue',
}

/** `issue list|show|acknowledge|mute|resolve|reopen|note`: failures by cause. */
export function registerIssueCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const issue = program.command('issue').description('failures grouped by cause, and the decision about each')
  issue
    .command('list')
    .description('list issues, most failures first; without --state, open and acknowledged ones')
    .option('--state <state>', `only: ${IssueStateFilter.options.join(', ')}`, parseOneOf(IssueStateFilter.options))
    .option('--json', 'print JSON')
    .action(async ({ state, json }: { state?: IssueState | 'all'; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const items = await useCases.listIssues({ state })
        if (json) return print(JSON.stringify({ items }, null, 2))
        print(items.length === 0 ? 'No open issue. --state all lists muted and resolved ones.' : renderList(items))
        if (items[0]) print(`\nShow one in full: ${GATEHOUSE} issue show ${items[0].id}`)
      })
    })
  registerShow(
    issue,
    { open, print },
    {
      description: 'show one issue: cause, failures, decisions, and the commands to replay it',
      argument: ['issue-id', 'as issue list prints it'],
      parse: parseIssueId,
      find: (useCases, id) => useCases.getIssue(id),
      render: renderIssue,
      unknown: unknownIssue,
    },
  )
  for (const verb of ISSUE_VERBS) registerTreatment(issue, verb, { open, print })
  registerNote(issue, open, print)
}

function registerTreatment(issue: Command, verb: IssueVerb, { open, print }: { open: OpenUseCases; print: Print }): void {
  const command = issue.command(verb).description(DESCRIPTIONS[verb]).argument('<issue-id>', 'as issue list prints it', parseIssueId)
  if (verb === 'mute') command.requiredOption('--until <time>', 'when the mute ends: a time or a date', parseTime)
  command
    .requiredOption('--operator <name>', 'your name, for the audit')
    .requiredOption('--reason <text>', 'why; recorded with the issue and in the audit')
    .option('--json', 'print JSON')
    .action(async (id: string, { until, json, ...who }: TreatFlags) => {
      const { actor, reason } = nameAndReason(who)
      await withUseCases(open, async (useCases) =>
        show(known(await useCases.treatIssue(id, verb, { reason, until }, actor), id), { print, json }),
      )
    })
}

function registerNote(issue: Command, open: OpenUseCases, print: Print): void {
  issue
    .command('note')
    .description('set the note and the ticket link of an issue; an empty text removes it')
    .argument('<issue-id>', 'as issue list prints it', parseIssueId)
    .option('--note <text>', 'what the next operator should know')
    .option('--link <address>', 'the address of the ticket')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
    .action(async (id: string, { note, link, operator, json }: { note?: string; link?: string; operator: string; json?: boolean }) => {
      const parsed = Annotation.safeParse({ note: note === '' ? null : note, link: link === '' ? null : link })
      if (!parsed.success) throw new UsageError(parsed.error.issues.map(({ path, message }) => `--${path.join('.')} ${message}`).join('; '))
      await withUseCases(open, async (useCases) =>
        show(known(await useCases.annotateIssue(id, parsed.data, { kind: 'operator', name: operator }), id), { print, json }),
      )
    })
}

function parseIssueId(text: string): string {
  const parsed = IssueId.safeParse(text.toLowerCase())
  if (!parsed.success) throw new InvalidArgumentError(`An issue id has 12 hexadecimal digits; ${GATEHOUSE} issue list shows the ids.`)
  return parsed.data
}

function known(issue: IssueStory | null, id: string): IssueStory {
  if (!issue) throw new UsageError(unknownIssue(id))
  return issue
}

function unknownIssue(id: string): string {
  return `Unknown issue ${id}. ${GATEHOUSE} issue list --state all shows the known ones.`
}

function show(issue: IssueStory, { print, json }: { print: Print; json: boolean | undefined }): void {
  print(json ? JSON.stringify(issue, null, 2) : renderIssue(issue))
}

function renderList(issues: readonly Issue[]): string {
  const rows = issues.map((issue) => [
    issue.id,
    issue.state,
    sayCause(issue),
    sayFailures(issue),
    String(issue.customers),
    utcTime(issue.firstSeenAt).slice(0, 19),
    issue.lastSeenAt ? utcTime(issue.lastSeenAt).slice(0, 19) : '-',
  ])
  return renderTable(['ISSUE', 'STATE', 'CAUSE', 'EVENTS', 'CUSTOMERS', 'FIRST (UTC)', 'LAST (UTC)'], rows)
}

function renderIssue(issue: IssueStory): string {
  const rows = [
    ['issue', issue.id],
    ['state', issue.reopened ? 'open: an event failed after it was resolved' : issue.state],
    ['cause', sayCause(issue)],
    ['events', sayFailures(issue)],
    ['customers', String(issue.customers)],
    ['first', utcTime(issue.firstSeenAt)],
    ['last', issue.lastSeenAt ? utcTime(issue.lastSeenAt) : '-'],
    ['by hour', `${issue.byHour.join(' ')} (the last 24 hours)`],
    ['decided', sayTreatment(issue) ?? '-'],
    ['note', issue.note ?? '-'],
    ['link', issue.link ?? '-'],
    ['example', issue.detail ?? '-'],
  ]
  const failed = issue.parked + issue.dead > 0
  return [
    ...rows.map(([name = '', value]) => `${name.padEnd(10)} ${value}`),
    ...(failed ? ['', `Plan a replay (changes nothing): ${GATEHOUSE} replay plan --issue ${issue.id}`] : []),
    ...(issue.events[0] ? [`Show its events: ${GATEHOUSE} event list --cause ${issue.id}`] : []),
  ].join('\n')
}
