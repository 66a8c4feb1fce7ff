import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import type { Actor } from '../domain/actor.ts'
import { MAX_REPLAY_LIMIT, REPLAYABLE_STATES } from '../operate/replay/replay-request.ts'
import { didNothing, sayEvents, sayPlan, sayState } from '../operate/replay/say-replay.ts'
import { type OperatorUseCases, type ReplayStory, STEERINGS, type Steering } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import {
  collectOneOf,
  collectPaxosIds,
  collectTexts,
  nameAndReason,
  type OpenUseCases,
  parseCount,
  parseId,
  parseTime,
  requireKnown,
  systemUser,
  withUseCases,
} from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { registerShow } from './register-show.ts'
import { renderReplay, renderReplayList } from './render-replay.ts'

interface PlanFlags {
  event?: string[]
  identity?: string[]
  type?: string[]
  state?: (typeof REPLAYABLE_STATES)[number][]
  error?: string[]
  issue?: string[]
  since?: Date
  until?: Date
  limit?: number
  releaseHolds?: boolean
  newSince?: string
  operator: string
  json?: boolean
}

interface ApproveFlags {
  operator: string
  reason: string
  yes?: boolean
  wait?: boolean
  json?: boolean
}

/** Milliseconds between checks while the command waits. */
const POLL_EVERY_MS = 2_000

/** `replay plan|approve|list|show|pause|resume|cancel|discard`: processes stored events again, after an approved plan. */
export function registerReplayCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const replay = program.command('replay').description('process stored events again: plan first, then approve')
  registerPlan(replay, open, print)
  registerApprove(replay, open, print)
  registerLooking(replay, open, print)
  for (const steering of STEERINGS) registerSteering(replay, steering, { open, print })
}

function registerPlan(replay: Command, open: OpenUseCases, print: Print): void {
  replay
    .command('plan')
    .description('select events and show what a replay would do with each; changes nothing. Takes at least one filter')
    .option('--event <id>', 'this event; repeatable', collectPaxosIds)
    .option('--identity <id>', 'events of this identity; repeatable', collectPaxosIds)
    .option('--type <type>', 'events of this type; repeatable', collectTexts)
    .option('--state <state>', `events in this state (${REPLAYABLE_STATES.join(', ')}); repeatable`, collectOneOf(REPLAYABLE_STATES))
    .option('--error <code>', 'events whose last error has this code; repeatable', collectTexts)
    .option('--issue <id>', 'events of this issue; repeatable', collectTexts)
    .option('--since <time>', 'received at or after: a time, a date, or 15m, 2h, 3d ago', parseTime)
    .option('--until <time>', 'received before', parseTime)
    .option(
      '--limit <number>',
      `most events to take, oldest first (default 1000, at most ${MAX_REPLAY_LIMIT})`,
      parseCount(MAX_REPLAY_LIMIT),
    )
    .option('--release-holds', 'decide held onboardings by the live status at Paxos')
    .option('--new-since <replay-id>', 'events that failed after this replay was planned, by its filter', parseId)
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
    .action(async ({ newSince, operator, json, ...flags }: PlanFlags) => {
      const { event, identity, type, state, error, issue, since, until, limit, releaseHolds } = flags
      const chosen = {
        eventIds: event,
        identityIds: identity,
        types: type,
        states: state,
        errorCodes: error,
        issueIds: issue,
        from: since,
        to: until,
      }
      await withUseCases(open, async (useCases) => {
        await requireKnown(useCases, { identities: identity ?? [], events: event ?? [] })
        const actor: Actor = { kind: 'operator', name: operator }
        const started =
          newSince === undefined
            ? await useCases.planReplay({ ...chosen, limit, releaseHolds }, actor)
            : await useCases.planNewSince(newSince, actor)
        const plan = await planned(useCases, started)
        print(json ? JSON.stringify(plan, null, 2) : renderReplay(plan))
      })
    })
}

/** Continues the plan to its end and shows the progress on a terminal. If this process ends, a server continues the plan. */
async function planned(useCases: OperatorUseCases, started: ReplayStory): Promise<ReplayStory> {
  let plan = started
  while (plan.state === 'planning') {
    if (process.stderr.isTTY) process.stderr.write(`${sayState(plan)}\n`)
    plan = await useCases.continuePlan(plan.id, { waitMs: POLL_EVERY_MS })
  }
  return plan
}

function registerApprove(replay: Command, open: OpenUseCases, print: Print): void {
  replay
    .command('approve')
    .description('approve a plan; a worker runs it in stages, and skips and lists events that have changed since')
    .argument('<replay-id>', 'the id that replay plan printed', parseId)
    .requiredOption('--operator <name>', 'your name, for the audit')
    .requiredOption('--reason <text>', 'why; recorded with the replay and in the audit')
    .option('--yes', 'do not ask for confirmation')
    .option('--wait', 'wait until it has finished or stopped')
    .option('--json', 'print JSON')
    .action(async (id: string, { operator, reason, yes, wait, json }: ApproveFlags) => {
      const { actor, ...why } = nameAndReason({ operator, reason })
      await withUseCases(open, async (useCases) => {
        const plan = await useCases.getReplay(id)
        if (!plan) throw new UsageError(unknownReplay(id))
        if (!yes) await confirm(plan)
        const approved = await useCases.approveReplay(id, why, actor)
        const run = wait ? await finished(useCases, approved) : approved
        print(json ? JSON.stringify(run, null, 2) : renderReplay(run))
        if (didNothing(run)) process.exitCode = 1
      })
    })
}

async function finished(useCases: OperatorUseCases, approved: ReplayStory): Promise<ReplayStory> {
  let run = approved
  while (run.state === 'approved' || run.state === 'running') {
    if (process.stderr.isTTY) process.stderr.write(`${sayState(run)}\n`)
    await new Promise((resolve) => setTimeout(resolve, POLL_EVERY_MS))
    run = (await useCases.getReplay(run.id)) ?? run
  }
  return run
}

function registerLooking(replay: Command, open: OpenUseCases, print: Print): void {
  replay
    .command('list')
    .description('list replays with planner, approver and reason, last planned first')
    .option('--limit <number>', 'most entries to list', parseCount(200), 50)
    .option('--cursor <cursor>', 'continue after the previous page')
    .option('--json', 'print JSON')
    .action(async ({ json, ...query }: { limit: number; cursor?: string; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const page = await useCases.listReplays(query)
        if (json) return print(JSON.stringify(page, null, 2))
        if (page.items.length === 0)
          return print(`No replay yet. ${GATEHOUSE} replay plan shows what a replay would do and changes nothing.`)
        print(renderReplayList(page.items))
        print(
          page.nextCursor ? `\nMore replays: add --cursor ${page.nextCursor}` : `\nShow one in full: ${GATEHOUSE} replay show <replay-id>`,
        )
      })
    })
  registerShow(
    replay,
    { open, print },
    {
      description: 'show a replay: its plan, its approvals and its results',
      argument: ['replay-id', 'the id that replay plan printed'],
      parse: parseId,
      find: (useCases, id) => useCases.getReplay(id),
      render: renderReplay,
      unknown: unknownReplay,
    },
  )
}

const STEERED: Readonly<Record<Steering, string>> = {
  pause: 'pause a run: start no more events; started events run to their end',
  resume: 'resume a paused run, starting again at the first stage',
  cancel: 'end a run; events that were not started stay unchanged',
  discard: 'discard a plan that will not be run',
}

function registerSteering(replay: Command, steering: Steering, { open, print }: { open: OpenUseCases; print: Print }): void {
  replay
    .command(steering)
    .description(STEERED[steering])
    .argument('<replay-id>', 'the id that replay plan printed', parseId)
    .requiredOption('--operator <name>', 'your name, for the audit')
    .requiredOption('--reason <text>', 'why; recorded with the replay and in the audit')
    .option('--json', 'print JSON')
    .action(async (id: string, { operator, reason, json }: { operator: string; reason: string; json?: boolean }) => {
      const { actor, ...why } = nameAndReason({ operator, reason })
      await withUseCases(open, async (useCases) => {
        if (!(await useCases.getReplay(id))) throw new UsageError(unknownReplay(id))
        const done = await useCases.steerReplay(id, steering, why, actor)
        print(json ? JSON.stringify(done, null, 2) : renderReplay(done))
      })
    })
}

function unknownReplay(id: string): string {
  return `Unknown replay ${id}. ${GATEHOUSE} replay list shows the known ones; ${GATEHOUSE} replay plan makes a new one.`
}

/** Asks for confirmation on the terminal. Without a terminal, --yes is required. */
async function confirm(plan: ReplayStory): Promise<void> {
  if (!process.stdin.isTTY) throw new UsageError('--yes is required without a terminal')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const word = plan.id.slice(0, 8)
    const typed = await terminal.question(
      `This runs a plan over ${sayEvents(plan)} (${sayPlan(plan) ?? plan.state}). Type ${word} to run it: `,
    )
    if (typed.trim() !== word) throw new UsageError('not confirmed; the plan was not approved')
  } finally {
    terminal.close()
  }
}
