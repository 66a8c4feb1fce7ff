import type { Command } from 'commander'
import type { Pool } from 'pg'
import { appendAudit } from '../audit/audit.ts'
import type { Inbox } from '../inbox/inbox.ts'
import { counted } from '../operate/counted.ts'
import { estimateBacklog, sayEta, sayLock } from '../operate/upstream-outlook.ts'
import type { UpstreamPace } from '../paxos/upstream-pace.ts'
import { UsageError } from '../platform/app-error.ts'
import type { EventQueue, QueueCounts } from '../queue/event-queue.ts'
import { rebuildQueue } from '../saga/rebuild-queue.ts'
import { type Print, print as toStdout } from './print.ts'

interface Opened {
  pool: Pool
  inbox: Inbox
  queue: EventQueue
  pace: UpstreamPace
  close(): Promise<void>
}

interface Flags {
  json?: boolean
  operator?: string
  reason?: string
}

/** `queue status|rebuild|pause|resume`: the transport, which may be lost at any time. */
export function registerQueueCommands(program: Command, open: () => Promise<Opened>, print: Print = toStdout): void {
  const queue = program.command('queue').description('the queue: disposable, and rebuilt from the inbox at any time')

  queue
    .command('status')
    .description('jobs by state, beside what the inbox still has to finish')
    .option('--json', 'print JSON')
    .action(async ({ json }: Flags) => {
      await using(open, async ({ queue, inbox, pace }) => {
        const [counts, events] = await Promise.all([queue.counts(), inbox.count()])
        const { lockedForSeconds, etaSeconds } = await estimateBacklog(pace, events.accepted)
        if (json) return print(JSON.stringify({ queue: counts, inbox: events, upstream: { lockedForSeconds, backlogSeconds: etaSeconds } }))
        print(`queue     ${describe(counts)}`)
        print(`inbox     ${events.accepted} unfinished, ${events.parked} parked, ${events.dead} dead`)
        if (etaSeconds) print(`paxos     what is unfinished takes ${sayEta(etaSeconds)}`)
        if (lockedForSeconds) print(`${sayLock(lockedForSeconds)}. It goes on by itself.`)
        if (counts.paused) print('The queue is paused: gatehouse queue resume --operator <you> --reason "..."')
      })
    })

  writing(queue.command('rebuild'), 'empty the queue and fill it again from the inbox; nothing is lost or done twice').action(
    async (flags: Flags) => {
      const named = nameAndReason(flags)
      await using(open, async (opened) => {
        const report = await rebuildQueue(opened)
        await appendAudit(opened.pool, {
          ...named,
          action: 'queue.rebuild',
          target: 'queue',
          data: { requeued: report.requeued, unfinished: report.unfinished },
        })
        if (flags.json) return print(JSON.stringify(report))
        print(`before    ${describe(report.before)}`)
        const { unfinished, requeued, jobs } = report
        print(
          `inbox     ${unfinished} unfinished: ${requeued} put on the queue, as ${counted(jobs, 'job')}; the others wait for their next attempt`,
        )
        print(`after     ${describe(report.after)}`)
      })
    },
  )

  for (const verb of ['pause', 'resume'] as const) {
    writing(queue.command(verb), verb === 'pause' ? 'stop handing out jobs; webhooks are still accepted' : 'hand out jobs again').action(
      async (flags: Flags) => {
        const named = nameAndReason(flags)
        await using(open, async ({ queue, pool }) => {
          await queue[verb]()
          await appendAudit(pool, { ...named, action: `queue.${verb}`, target: 'queue', data: {} })
          const counts = await queue.counts()
          print(flags.json ? JSON.stringify({ queue: counts }) : `queue     ${describe(counts)}`)
        })
      },
    )
  }
}

function writing(command: Command, description: string): Command {
  return command
    .description(description)
    .requiredOption('--operator <name>', 'who asks')
    .requiredOption('--reason <text>', 'why; kept in the audit')
    .option('--json', 'print JSON')
}

function nameAndReason({ operator, reason }: Flags): { operator: string; reason: string } {
  if (!operator?.trim() || !reason?.trim()) throw new UsageError('--operator and --reason must say something: both are kept in the audit')
  return { operator, reason }
}

function describe({ waiting, active, delayed, paused }: QueueCounts): string {
  return `${waiting} waiting, ${active} active, ${delayed} delayed${paused ? ', paused' : ''}`
}

async function using(open: () => Promise<Opened>, work: (opened: Opened) => Promise<void>): Promise<void> {
  const opened = await open()
  try {
    await work(opened)
  } finally {
    await opened.close()
  }
}
