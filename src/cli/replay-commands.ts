import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { REPLAYABLE_STATES } from '../operate/replay-request.ts'
import { sayEvents } from '../operate/say-replay.ts'
import { utcTime } from '../operate/say-time.ts'
import { sayEta, sayLock } from '../operate/upstream-outlook.ts'
import type { ReplayLine, ReplayStory } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import {
  collectOneOf,
  collectPaxosIds,
  collectTexts,
  type OpenUseCases,
  parseCount,
  parseId,
  parseTime,
  systemUser,
  withUseCases,
} from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { renderTable } from './render-table.ts'

interface PlanFlags {
  event?: string[]
  identity?: string[]
  type?: string[]
  state?: (typeof REPLAYABLE_STATES)[number][]
  since?: Date
  until?: Date
  limit?: number
  releaseHolds?: boolean
  operator: string
  json?: boolean
}

interface ApproveFlags {
  operator: string
  reason: string
  yes?: boolean
  json?: boolean
}

/** `replay plan|approve|list|show`: stored events again, after a look at what that would do. */
export function registerReplayCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const replay = program.command('replay').description('work on stored events again: plan first, then approve')

  replay
    .command('plan')
    .description('choose events and say for each what a replay would do now; changes nothing. Without filters: all parked and dead')
    .option('--event <id>', 'this event; may be repeated', collectPaxosIds)
    .option('--identity <id>', 'events of this identity; may be repeated', collectPaxosIds)
    .option('--type <type>', 'events of this type; may be repeated', collectTexts)
    .option('--state <state>', `events in this state (${REPLAYABLE_STATES.join(', ')}); may be repeated`, collectOneOf(REPLAYABLE_STATES))
    .option('--since <time>', 'received at or after: a time, a date, or 15m, 2h, 3d ago', parseTime)
    .option('--until <time>', 'received before', parseTime)
    .option('--limit <number>', 'at most so many, oldest first (1000)', parseCount(10_000))
    .option('--release-holds', 'let the live status at Paxos decide what is held')
    .option('--operator <name>', 'who asks', systemUser())
    .option('--json', 'print JSON')
    .action(async ({ event, identity, type, state, since, until, limit, releaseHolds, operator, json }: PlanFlags) => {
      const filter = { eventIds: event, identityIds: identity, types: type, states: state, from: since, to: until, limit, releaseHolds }
      await withUseCases(open, async (useCases) => {
        const plan = await useCases.planReplay(filter, { kind: 'operator', name: operator })
        print(json ? JSON.stringify(plan, null, 2) : renderReplay(plan))
      })
    })

  replay
    .command('approve')
    .description('run a plan; what has changed since is skipped and listed')
    .argument('<replay-id>', 'as replay plan has printed it', parseId)
    .requiredOption('--operator <name>', 'who approves')
    .requiredOption('--reason <text>', 'why; kept with the replay and in the audit')
    .option('--yes', 'do not ask')
    .option('--json', 'print JSON')
    .action(async (id: string, { operator, reason, yes, json }: ApproveFlags) => {
      if (!operator.trim() || reason.trim().length < 3)
        throw new UsageError('--operator and --reason must say something: both are kept in the audit')
      await withUseCases(open, async (useCases) => {
        const plan = await useCases.getReplay(id)
        if (!plan) throw unknownReplay(id)
        if (!yes) await confirm(plan)
        const run = await useCases.approveReplay(id, { reason: reason.trim() }, { kind: 'operator', name: operator.trim() })
        print(json ? JSON.stringify(run, null, 2) : renderReplay(run))
      })
    })

  replay
    .command('list')
    .description('who planned and approved what, and why; last planned first')
    .option('--limit <number>', 'at most so many', parseCount(200), 50)
    .option('--cursor <cursor>', 'go on where the last page ended')
    .option('--json', 'print JSON')
    .action(async ({ json, ...query }: { limit: number; cursor?: string; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const page = await useCases.listReplays(query)
        if (json) return print(JSON.stringify(page, null, 2))
        if (page.items.length === 0)
          return print('Nothing was ever planned. gatehouse replay plan changes nothing yet: it says what a replay would do.')
        print(renderList(page.items))
        print(
          page.nextCursor
            ? `\nThere are more: add --cursor ${page.nextCursor}`
            : '\nOne of them in full: gatehouse replay show <replay-id>',
        )
      })
    })

  replay
    .command('show')
    .description('a replay: its plan, who approved it and why, and what it led to')
    .argument('<replay-id>', 'as replay plan has printed it', parseId)
    .option('--json', 'print JSON')
    .action(async (id: string, { json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const found = await useCases.getReplay(id)
        if (!found) throw unknownReplay(id)
        print(json ? JSON.stringify(found, null, 2) : renderReplay(found))
      })
    })
}

function unknownReplay(id: string): UsageError {
  return new UsageError(
    `There is no replay ${id}. gatehouse replay list shows those that there are; gatehouse replay plan makes a new one.`,
  )
}

/** Asks on the terminal, beside the output; without a terminal only --yes will do. */
async function confirm(plan: ReplayStory): Promise<void> {
  if (!process.stdin.isTTY) throw new UsageError('--yes: say it where there is no terminal to ask on')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const word = plan.id.slice(0, 8)
    const what = `This replays ${[`${sayEvents({ ...plan, events: plan.items.length })} (${sayCounts(plan)})`, ...sayPace(plan)].join('. ')}.`
    const typed = await terminal.question(`${what} Type ${word} to run it: `)
    if (typed.trim() !== word) throw new UsageError('not confirmed; nothing was done')
  } finally {
    terminal.close()
  }
}

function renderList(replays: readonly ReplayLine[]): string {
  const rows = replays.map((replay) => [
    utcTime(replay.plannedAt).slice(0, 19),
    replay.state,
    sayEvents(replay),
    replay.id,
    replay.plannedBy,
    replay.approvedBy ?? '-',
    replay.reason ?? '',
  ])
  return renderTable(['PLANNED (UTC)', 'STATE', 'EVENTS', 'REPLAY', 'PLANNED BY', 'APPROVED BY', 'REASON'], rows)
}

function renderReplay(replay: ReplayStory): string {
  const { id, state, items, matched, plannedBy, plannedAt, approvedBy, approvedAt, reason } = replay
  if (items.length === 0)
    return `Replay ${id} is empty: no event matches. gatehouse event list --state parked shows what waits for a person.`
  const ran = state !== 'planned'
  const rows = items.map(({ eventId, type, identityId, eventState, verdict, detail, result }) => [
    eventId,
    type,
    identityId ?? '-',
    eventState,
    ran ? (result ?? 'not run yet') : verdict,
    detail,
  ])
  return [
    `Replay ${id}: ${state}`,
    `planned by ${plannedBy} at ${utcTime(plannedAt)}`,
    ...(approvedBy && approvedAt ? [`approved by ${approvedBy} at ${utcTime(approvedAt)}: ${reason}`] : []),
    `${sayEvents({ events: items.length, matched })}: ${sayCounts(replay)}`,
    ...(matched === null
      ? []
      : ['These are the oldest. Plan again for the others, with a higher --limit (at most 10000) or a later --since.']),
    ...sayPace(replay),
    '',
    renderTable(['EVENT', 'TYPE', 'IDENTITY', 'STATE NOW', ran ? 'RESULT' : 'WOULD', 'DETAIL'], rows),
    '',
    ...(state === 'approved'
      ? ['Its run is under way this very moment or was interrupted: nothing of it is done. Approve it again to run it.']
      : []),
    state === 'finished'
      ? `See where its events stand: gatehouse replay show ${id}`
      : `Run it: gatehouse replay approve ${id} --operator <you> --reason "<why>"`,
  ].join('\n')
}

/** How long it takes as far as Paxos lets us, where something is to be done. */
function sayPace({ state, upstream: { etaSeconds, lockedForSeconds } }: ReplayStory): string[] {
  if (etaSeconds === 0) return []
  const locked = lockedForSeconds ? [sayLock(lockedForSeconds)] : []
  if (etaSeconds === null) return locked
  return [
    state === 'finished' ? `What is left takes ${sayEta(etaSeconds)}` : `It takes ${sayEta(etaSeconds)}, counting what waits already`,
    ...locked,
  ]
}

function sayCounts({ counts }: ReplayStory): string {
  return Object.entries(counts)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', ')
}
