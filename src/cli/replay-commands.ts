import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import type { Actor } from '../domain/actor.ts'
import { MAX_REPLAY_LIMIT, REPLAYABLE_STATES } from '../operate/replay-request.ts'
import { didNothing, sayEvents, sayPlan, sayState } from '../operate/say-replay.ts'
import { type OperatorUseCases, type ReplayStory, STEERINGS, type Steering } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
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
import { renderReplay, renderReplayList } from './render-replay.ts'

interface PlanFlags {
  event?: string[]
  identity?: string[]
  type?: string[]
  state?: (typeof REPLAYABLE_STATES)[number][]
  error?: string[]
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

/** How often the command looks again while it waits, milliseconds. */
const POLL_EVERY_MS = 2_000

/** `replay plan|approve|list|show|pause|resume|cancel|discard`: stored events again, after a look at what that would do. */
export function registerReplayCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const replay = program.command('replay').description('work on stored events again: plan first, then approve')
  registerPlan(replay, open, print)
  registerApprove(replay, open, print)
  registerLooking(replay, open, print)
  for (const steering of STEERINGS) registerSteering(replay, steering, { open, print })
}

function registerPlan(replay: Command, open: OpenUseCases, print: Print): void {
  replay
    .command('plan')
    .description('choose events and say for each what a replay would do now; changes nothing. Takes at least one filter')
    .option('--event <id>', 'this event; may be repeated', collectPaxosIds)
    .option('--identity <id>', 'events of this identity; may be repeated', collectPaxosIds)
    .option('--type <type>', 'events of this type; may be repeated', collectTexts)
    .option('--state <state>', `events in this state (${REPLAYABLE_STATES.join(', ')}); may be repeated`, collectOneOf(REPLAYABLE_STATES))
    .option('--error <code>', 'events whose last error has this code; may be repeated', collectTexts)
    .option('--since <time>', 'received at or after: a time, a date, or 15m, 2h, 3d ago', parseTime)
    .option('--until <time>', 'received before', parseTime)
    .option(
      '--limit <number>',
      `at most this number of events, oldest first (1000; ${MAX_REPLAY_LIMIT} at most)`,
      parseCount(MAX_REPLAY_LIMIT),
    )
    .option('--release-holds', 'let the live status at Paxos decide what is held')
    .option('--new-since <replay-id>', 'what failed after this replay was planned, by its filter', parseId)
    .option('--operator <name>', 'who asks', systemUser())
    .option('--json', 'print JSON')
    .action(async ({ newSince, operator, json, ...flags }: PlanFlags) => {
      const { event, identity, type, state, error, since, until, limit, releaseHolds } = flags
      const chosen = { eventIds: event, identityIds: identity, types: type, states: state, errorCodes: error, from: since, to: until }
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

/** Goes on with the plan to its end, and says on a terminal how far it is. Where this process ends, a server goes on with it. */
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
    .description('approve a plan; a worker runs it in stages, and what has changed since is skipped and listed')
    .argument('<replay-id>', 'as replay plan has printed it', parseId)
    .requiredOption('--operator <name>', 'who approves')
    .requiredOption('--reason <text>', 'why; kept with the replay and in the audit')
    .option('--yes', 'do not ask')
    .option('--wait', 'wait until it has finished or stopped')
    .option('--json', 'print JSON')
    .action(async (id: string, { operator, reason, yes, wait, json }: ApproveFlags) => {
      const { actor, ...why } = nameAndReason({ operator, reason })
      await withUseCases(open, async (useCases) => {
        const plan = await useCases.getReplay(id)
        if (!plan) throw unknownReplay(id)
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
    .description('who planned and approved what, and why; last planned first')
    .option('--limit <number>', 'at most this number of lines', parseCount(200), 50)
    .option('--cursor <cursor>', 'go on where the last page ended')
    .option('--json', 'print JSON')
    .action(async ({ json, ...query }: { limit: number; cursor?: string; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const page = await useCases.listReplays(query)
        if (json) return print(JSON.stringify(page, null, 2))
        if (page.items.length === 0)
          return print('Nothing was ever planned. gatehouse replay plan changes nothing yet: it says what a replay would do.')
        print(renderReplayList(page.items))
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

const STEERED: Readonly<Record<Steering, string>> = {
  pause: 'open nothing more of a run; what was opened goes on to its end',
  resume: 'go on with a paused run, in stages from the first on',
  cancel: 'end a run; what was not opened stays as it was',
  discard: 'discard a plan that will not be run',
}

function registerSteering(replay: Command, steering: Steering, { open, print }: { open: OpenUseCases; print: Print }): void {
  replay
    .command(steering)
    .description(STEERED[steering])
    .argument('<replay-id>', 'as replay plan has printed it', parseId)
    .requiredOption('--operator <name>', 'who asks')
    .requiredOption('--reason <text>', 'why; kept with the replay and in the audit')
    .option('--json', 'print JSON')
    .action(async (id: string, { operator, reason, json }: { operator: string; reason: string; json?: boolean }) => {
      const { actor, ...why } = nameAndReason({ operator, reason })
      await withUseCases(open, async (useCases) => {
        if (!(await useCases.getReplay(id))) throw unknownReplay(id)
        const done = await useCases.steerReplay(id, steering, why, actor)
        print(json ? JSON.stringify(done, null, 2) : renderReplay(done))
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
    const typed = await terminal.question(
      `This runs a plan over ${sayEvents(plan)} (${sayPlan(plan) ?? plan.state}). Type ${word} to run it: `,
    )
    if (typed.trim() !== word) throw new UsageError('not confirmed; nothing was done')
  } finally {
    terminal.close()
  }
}
