import type { Command } from 'commander'
import { sayEta, sayLock } from '../operate/health/upstream-outlook.ts'
import { sayPause } from '../operate/queue/queue-pause.ts'
import { counted } from '../operate/say/counted.ts'
import type { QueueCounts, QueueStatus, RebuildReport } from '../operate/use-cases.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { nameAndReason, type OpenUseCases, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'

interface Flags {
  json?: boolean
  operator?: string
  reason?: string
}

/** `queue status|rebuild|pause|resume`: the disposable queue. */
export function registerQueueCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const queue = program.command('queue').description('the disposable queue, which can be rebuilt from the inbox at any time')

  queue
    .command('status')
    .description("show jobs by state and the inbox's unfinished events")
    .option('--json', 'print JSON')
    .action(async ({ json }: Flags) => {
      await withUseCases(open, async (useCases) => {
        const status = await useCases.queueStatus()
        print(json ? JSON.stringify(status) : renderStatus(status, new Date()))
      })
    })

  writing(queue.command('rebuild'), 'empty the queue and fill it again from the inbox; no event is lost or processed twice').action(
    async (flags: Flags) => {
      const { actor, reason } = nameAndReason(flags)
      await withUseCases(open, async (useCases) => {
        const report = await useCases.rebuildQueue({ reason }, actor)
        print(flags.json ? JSON.stringify(report) : renderRebuild(report))
      })
    },
  )

  for (const verb of ['pause', 'resume'] as const) {
    writing(
      queue.command(verb),
      verb === 'pause' ? 'give workers no new jobs; the receiver still accepts webhooks' : 'give workers jobs again',
    ).action(async (flags: Flags) => {
      const { actor, reason } = nameAndReason(flags)
      await withUseCases(open, async (useCases) => {
        const { queue: counts } = await useCases[`${verb}Queue`]({ reason }, actor)
        print(flags.json ? JSON.stringify({ queue: counts }) : `queue     ${describe(counts)}`)
      })
    })
  }
}

function renderStatus({ queue, pause, inbox, problems, upstream: { lockedForSeconds, backlogSeconds } }: QueueStatus, now: Date): string {
  return [
    `queue     ${describe(queue)}`,
    `inbox     ${inbox.accepted} unfinished, ${inbox.parked} parked, ${inbox.dead} dead`,
    ...(backlogSeconds ? [`paxos     backlog: ${sayEta(backlogSeconds)}`] : []),
    ...(lockedForSeconds ? [`${sayLock(lockedForSeconds)}. Gatehouse then continues by itself.`] : []),
    ...(pause ? [`${sayPause(pause, now)}. Resume: ${GATEHOUSE} queue resume --operator <you> --reason "..."`] : []),
    ...problems.filter(({ kind }) => kind !== 'queue-paused').map(({ sentence, nextAction }) => `${sentence} ${nextAction}`),
  ].join('\n')
}

function renderRebuild({ before, unfinished, requeued, jobs, after }: RebuildReport): string {
  return [
    `before    ${describe(before)}`,
    `inbox     ${unfinished} unfinished: ${requeued} put on the queue, as ${counted(jobs, 'job')}; the others wait for their next attempt`,
    `after     ${describe(after)}`,
  ].join('\n')
}

function writing(command: Command, description: string): Command {
  return command
    .description(description)
    .requiredOption('--operator <name>', 'your name, for the audit')
    .requiredOption('--reason <text>', 'why; recorded in the audit')
    .option('--json', 'print JSON')
}

function describe({ waiting, active, delayed, paused }: QueueCounts): string {
  return `${waiting} waiting, ${active} active, ${delayed} delayed${paused ? ', paused' : ''}`
}
