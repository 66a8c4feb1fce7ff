import type { Command } from 'commander'
import type { ClockList } from '../operate/health/clocks.ts'
import { roughSpan, utcTime } from '../operate/say/say-time.ts'
import { type OpenUseCases, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { renderTable } from './render-table.ts'

/** `clock list`: what runs out. */
export function registerClockCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  program
    .command('clock')
    .description('times after which something is no longer possible')
    .command('list')
    .description('webhook retries, ref_ids of orders, quotes and KYC refreshes that run out, the next to end first')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const clocks = await useCases.listClocks()
        print(json ? JSON.stringify(clocks, null, 2) : renderClocks(clocks))
      })
    })
}

export function renderClocks({ at, items, more }: ClockList): string {
  if (items.length === 0) return 'Nothing runs out.'
  const rows = items.map(({ kind, endsAt, exact, sentence, afterwards }) => {
    const seconds = (endsAt.getTime() - at.getTime()) / 1_000
    const left = seconds <= 0 ? 'ended' : `${exact ? '' : 'about '}${roughSpan(seconds)}`
    return [kind, left, utcTime(endsAt).slice(0, 19), sentence, afterwards]
  })
  return renderTable(['CLOCK', 'LEFT', 'ENDS (UTC)', 'WHAT', 'AFTERWARDS'], rows) + (more ? '\nMore exist than are listed.' : '')
}
