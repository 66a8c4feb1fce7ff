import { renderTable } from '../../src/cli/render-table.ts'
import type { Finding } from '../faults/history-checker.ts'
import { FAULT_NAMES, FAULTS } from './plan-faults.ts'
import type { ChaosReport, Injection } from './run-chaos.ts'
import type { EventLife } from './watch-events.ts'

/** An event that is accepted within this many milliseconds after the end of a fault still counts as hit by it. */
const AFTERMATH_MS = 2_000

const HEAD = ['fault', 'times', 'accepted', 'ended', 'lost', 'doubled', 'recovery: median', 'max', 'all ended: median', 'max']

/**
 * The table of a run with its notes. A row counts the events that were in progress, or were accepted, between a fault and two seconds after
 * its end. When faults overlap, an event stands in several rows. Recovery is the time from the injection (it includes the fault itself) to
 * the first completion of an event after it; `all ended` is the time to the last completion of the events in progress at the injection.
 */
export function renderReport(report: ChaosReport): string {
  const { options, versions, verdict, trading, deliveries, findings, strangers } = report
  const { backend, seed, workers, perSecond } = options
  const rows = FAULT_NAMES.map((name) =>
    faultRow(report, { label: FAULTS[name].label, struck: report.injections.filter((each) => each.name === name) }),
  )
  const missed = report.deliveries.neverDelivered.flatMap((id) => report.lives.get(id) ?? [])
  return [
    `Chaos run: queue on ${backend}, seed ${seed}, ${seconds(report.struckForMs)} of faults, ${workers} workers, ${perSecond} identities/s. ${versions}`,
    '',
    renderTable(HEAD, [
      ...rows.filter(([, times]) => times !== '0'),
      row({ label: 'no webhook came, the sweep found it', times: deliveries.neverDelivered.length, lives: missed, findings }),
      row({ label: 'everything', times: report.injections.length, lives: [...report.lives.values()], findings, all: true }),
    ]),
    '',
    `Deliveries: ${deliveries.attempts} attempts, ${deliveries.failed} failed and tried again, ${deliveries.copies} sent twice on purpose. ` +
      `Forged with our key: ${report.forged.length}. With a wrong key: ${strangers.refused} refused, ${strangers.letIn} let in. Asked for through our API: ${report.asked}.`,
    `Accounts opened: ${verdict.accounts}. Notices told: ${verdict.notices} of decisions, ${verdict.opened} of accounts.`,
    `Traded: ${trading.orders} orders (${trading.cancellations} cancelled), ${trading.quoteExecutions} quote executions, ${trading.deposits} deposits; ` +
      `the money of ${trading.accounts} accounts added up.`,
    `Apart, and allowed: ${verdict.resent} notices were sent again under their key and ${verdict.askedAgain} accounts asked for again under theirs, ` +
      'after an outcome that was unknown.',
    `After the last fault everything had ended in ${seconds(report.completedInMs)}.`,
    ...(findings.length === 0
      ? ['Nothing lost, nothing doubled, the ledger verifies, and its flows come to the balances at Paxos.']
      : [`${findings.length} findings (logs: ${report.logs}):`, ...findings.map(({ kind, text }) => `- ${kind}: ${text}`)]),
  ].join('\n')
}

function faultRow({ lives, findings, forged }: ChaosReport, { label, struck }: { label: string; struck: readonly Injection[] }): string[] {
  const all = [...lives.values()].filter(({ eventId }) => !forged.includes(eventId)) // a forged event waits, even in a good run
  const met = all.filter(({ acceptedAtMs, endedAtMs }) =>
    struck.some(
      ({ struckAtMs, liftedAtMs }) => acceptedAtMs <= liftedAtMs + AFTERMATH_MS && (endedAtMs ?? Number.POSITIVE_INFINITY) >= struckAtMs,
    ),
  )
  const ends = all.flatMap(({ endedAtMs }) => endedAtMs ?? []).sort((left, right) => left - right)
  const recoveries = struck.flatMap(({ struckAtMs }) => {
    const first = ends.find((endedAtMs) => endedAtMs >= struckAtMs)
    return first === undefined ? [] : [first - struckAtMs]
  })
  const drained = struck.flatMap(({ struckAtMs }) => {
    const unfinished = all.flatMap(({ acceptedAtMs, endedAtMs }) =>
      endedAtMs !== null && acceptedAtMs < struckAtMs && endedAtMs >= struckAtMs ? [endedAtMs - struckAtMs] : [],
    )
    return unfinished.length === 0 ? [] : [Math.max(...unfinished)]
  })
  return row({ label, times: struck.length, lives: met, findings, recoveries, drained })
}

interface Row {
  label: string
  times: number
  lives: readonly EventLife[]
  findings: readonly Finding[]
  recoveries?: readonly number[]
  drained?: readonly number[]
  /** Findings without an event count here too. */
  all?: boolean
}

function row({ label, times, lives, findings, recoveries = [], drained = [], all = false }: Row): string[] {
  const events = new Set(lives.map(({ eventId }) => eventId))
  const identities = new Set(lives.map(({ identityId }) => identityId))
  const count = (kind: Finding['kind']): string => {
    const own = findings.filter(
      (finding) => finding.kind === kind && (all || events.has(finding.eventId ?? '') || identities.has(finding.identityId ?? '')),
    )
    return String(own.length)
  }
  const ended = lives.filter(({ endedAtMs }) => endedAtMs !== null).length
  return [
    label,
    String(times),
    String(lives.length),
    String(ended),
    count('lost'),
    count('doubled'),
    ...medianAndMax(recoveries),
    ...medianAndMax(drained),
  ]
}

/** Median and longest. */
function medianAndMax(durations: readonly number[]): [string, string] {
  const sorted = durations.toSorted((left, right) => left - right)
  const [median, longest] = [sorted[Math.floor((sorted.length - 1) / 2)], sorted.at(-1)]
  return median === undefined || longest === undefined ? ['', ''] : [seconds(median), seconds(longest)]
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 0)} s`
}
