import { randomInt } from 'node:crypto'
import { Command, InvalidArgumentError, Option } from 'commander'
import type { ChaosBackend } from './chaos-world.ts'
import { renderReport } from './render-report.ts'
import { runChaos } from './run-chaos.ts'

interface Flags {
  minutes: number
  seed?: number
  backend: ChaosBackend | 'both'
  rate: number
  workers: number
  traders: number
}

const more = (least: number, most: number, whole: boolean) => (text: string) => {
  const value = Number(text)
  if (text.trim() === '' || !(value >= least && value <= most) || (whole && !Number.isInteger(value)))
    throw new InvalidArgumentError(`It takes a ${whole ? 'whole ' : ''}number from ${least} to ${most}.`)
  return value
}

const program = new Command('npm run chaos --')
  .description(
    'Breaks everything at once around real processes of Gatehouse, real Postgres and real Redis, while identities arrive and customers trade, and judges from the ' +
      "simulator's log, the notice receiver's log and the ledger whether anything was lost or done twice.",
  )
  .option('--minutes <n>', 'how long faults are struck', more(0.1, 24 * 60, false), 10)
  .option(
    '--seed <n>',
    'the same faults in the same order, and the same stories; when exactly each thing happens is not repeated (default: random)',
    more(1, 2 ** 31 - 1, true),
  )
  .addOption(new Option('--backend <name>', 'where the queue lives').choices(['redis', 'postgres', 'both']).default('both'))
  .option('--rate <n>', 'new identities per second', more(0.1, 100, false), 6)
  .option('--workers <n>', 'worker processes', more(1, 16, true), 3)
  .option('--traders <n>', 'customers who trade, one act after the other', more(0, 500, true), 12)
  .addHelpText(
    'after',
    '\nCtrl-C ends the faults and judges what has happened so far; a second one leaves at once.\nExit codes: 0 promise kept, 1 broken, 2 wrong use.',
  )
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()

const { minutes, backend, rate, workers, traders, ...rest } = program.opts<Flags>()
const seed = rest.seed ?? randomInt(1, 2 ** 31)
const interrupted = new AbortController()
process.on('SIGINT', () => {
  if (interrupted.signal.aborted) process.exit(130)
  console.log('Ending early: faults are lifted, and what has happened so far is judged.')
  interrupted.abort()
})

let broken = false
for (const each of backend === 'both' ? (['redis', 'postgres'] as const) : [backend]) {
  if (interrupted.signal.aborted) break
  const report = await runChaos({
    backend: each,
    seed,
    durationMs: minutes * 60_000,
    perSecond: rate,
    workers,
    traders,
    say: (line) => console.log(line),
    signal: interrupted.signal,
  })
  console.log(`\n${renderReport(report)}\n`)
  broken ||= report.findings.length > 0
}
process.exit(broken ? 1 : 0) // a connection that a fault has left half open must not keep the runner alive
