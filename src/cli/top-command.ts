import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { sayChannel } from '../operate/alerts/say-channel.ts'
import type { ClockList } from '../operate/health/clocks.ts'
import type { Home } from '../operate/health/home.ts'
import { counted } from '../operate/say/counted.ts'
import { roughSpan, span, utcTime } from '../operate/say/say-time.ts'
import type { Stats } from '../operate/use-cases.ts'
import { errorMessage } from '../platform/app-error.ts'
import { type OpenUseCases, parseCount, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { CLEAR } from './watch.ts'

interface Seen {
  home: Home
  stats: Stats
  clocks: ClockList
}

/** The home page has the next 10; a terminal has fewer lines. */
const CLOCKS = 5

/** `top`: the home page in a terminal, until Ctrl-C. */
export function registerTopCommand(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  program
    .command('top')
    .description('the home page in a terminal: problems with their next actions, counts and what runs out; ends with Ctrl-C')
    .option('--every <seconds>', 'how often to read again', parseCount(3_600), 2)
    .option('--once', 'print it once and end; exit 1 if there is a problem')
    .action(async ({ every, once }: { every: number; once?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const read = async (): Promise<Seen> => {
          const [home, stats, clocks] = await Promise.all([useCases.home(), useCases.stats(), useCases.listClocks()])
          return { home, stats, clocks }
        }
        if (!once) return refresh(read, { every, print })
        const seen = await read()
        print(renderTop(seen))
        if (seen.home.problems.length > 0) process.exitCode = 1
      })
    })
}

/** A read that fails says so above the last one, with its age: an old screen must not look current. */
async function refresh(read: () => Promise<Seen>, { every, print }: { every: number; print: Print }): Promise<void> {
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort())
  let last: Seen | null = null
  while (!stopping.signal.aborted) {
    const failure: string | null = await read().then(
      (seen) => {
        last = seen
        return null
      },
      (error: unknown) => errorMessage(error),
    )
    if (process.stdout.isTTY) process.stdout.write(CLEAR)
    if (failure !== null) print(`STALE: ${failure}\n`)
    if (last !== null) print(renderTop(last))
    await sleep(every * 1_000, undefined, { signal: stopping.signal }).catch(() => undefined)
  }
}

export function renderTop({ home, stats, clocks }: Seen): string {
  const { inbox, onboardings, notices, oldestUnfinishedSeconds } = stats
  const { flow } = home
  const sections = [
    [`Gatehouse, ${utcTime(home.at)}`],
    home.problems.length === 0 ? ['No problem. No event needs an operator, and none is late.'] : home.problems.flatMap(renderProblem),
    [
      `inbox          ${inbox.accepted} unfinished, ${inbox.parked} parked, ${inbox.dead} dead, ${inbox.processed} processed; oldest unfinished: ${oldestUnfinishedSeconds === null ? 'none' : span(oldestUnfinishedSeconds)}`,
      `onboardings    ${onboardings.ready} ready, ${onboardings.approved} approved, ${onboardings.pending} pending, ${onboardings.held} held`,
      `notifications  ${notices.sent} sent, ${notices.pending} pending, ${notices.failed} refused`,
      `last 24 h      ${counted(flow.received, 'event')} received, ${flow.confirmed} confirmed; ${counted(flow.opened, 'customer')} opened, ${flow.ready} ready`,
      ...home.alerts.map((channel) => `alerts         ${sayChannel(channel, home.at)}`),
    ],
    clocks.items.slice(0, CLOCKS).map((clock) => renderClock(clock, home.at)),
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

function renderProblem({ severity, sentence, nextAction, command }: Home['problems'][number]): string[] {
  return [
    `${severity === 'fault' ? 'FAULT  ' : 'WARNING'}  ${sentence}`,
    `         Next: ${nextAction}`,
    ...(command === null ? [] : [`         ${command}`]),
  ]
}

function renderClock({ kind, endsAt, sentence }: ClockList['items'][number], at: Date): string {
  const seconds = (endsAt.getTime() - at.getTime()) / 1_000
  return `${kind.padEnd(15)} ${seconds <= 0 ? 'ended' : `ends in ${roughSpan(seconds)}`}: ${sentence}`
}
