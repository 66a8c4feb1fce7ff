import { GATEHOUSE } from '../../platform/command-name.ts'
import { counted } from '../say/counted.ts'
import type { DossierRisk } from './dossier.ts'
import type { DossierRows } from './dossier-rows.ts'

/** What is open now. A count of 0 is listed only for the loss list, which a reader looks for. */
export function dossierRisks(rows: DossierRows): DossierRisk[] {
  const { events, held, duplicates } = rows
  const { accepted, parked, dead } = events.byState
  const risks = [
    {
      count: accepted,
      sentence: `${counted(accepted, 'event')} of the window unfinished.`,
      nextAction: `Gatehouse tries again by itself: ${GATEHOUSE} event list --state accepted`,
    },
    {
      count: parked,
      sentence: `${counted(parked, 'event')} of the window parked.`,
      nextAction: `Plan a replay, or dismiss: ${GATEHOUSE} issue list`,
    },
    {
      count: dead,
      sentence: `${counted(dead, 'event')} of the window dead.`,
      nextAction: `Plan a replay, or dismiss: ${GATEHOUSE} issue list`,
    },
    {
      count: held,
      sentence: `${counted(held, 'onboarding')} held now, from any time.`,
      nextAction: `Decide on each: ${GATEHOUSE} onboarding list --state held`,
    },
    {
      count: duplicates.count,
      sentence: `${counted(duplicates.count, 'onboarding')} ${duplicates.count === 1 ? 'waits' : 'wait'} for a decision about a duplicate person, from any time.`,
      nextAction: `Confirm or decline each: ${GATEHOUSE} onboarding duplicates`,
    },
  ].filter(({ count }) => count > 0)
  return [...risks, ...refusedEffects(rows), lossList(rows), ...withheld(rows)]
}

function refusedEffects({ attemptFailures }: DossierRows): DossierRisk[] {
  const count = attemptFailures.reduce((sum, { refused }) => sum + refused, 0)
  if (count === 0) return []
  const sentence = `${counted(count, 'effect')} with a failed attempt in the window refused now. An effect that failed in two ways counts twice.`
  return [{ count, sentence, nextAction: `Fix the cause, then plan a replay: ${GATEHOUSE} issue list` }]
}

function lossList({ refused }: DossierRows): DossierRisk {
  const lost = refused.filter(({ missing }) => missing > 0)
  const count = lost.reduce((sum, { missing }) => sum + missing, 0)
  const byAnswer = lost.map(({ status, reason, missing }) => `${missing} refused with ${status} (${reason})`).join(', ')
  return {
    count,
    sentence: `${counted(count, 'event')} among the samples of refused deliveries ${count === 1 ? 'is' : 'are'} not in the inbox${byAnswer && `: ${byAnswer}`}.`,
    nextAction: count === 0 ? 'None.' : `Compare the window with Paxos: ${GATEHOUSE} reconcile run --from <time> --to <time>`,
  }
}

function withheld({ reconciliations }: DossierRows): DossierRisk[] {
  return reconciliations
    .filter(({ state }) => state === 'withheld')
    .map(({ id, missing }) => ({
      count: missing,
      sentence: `Reconciliation ${id} has no certificate: ${counted(missing, 'event')} missing, or the listing is in doubt.`,
      nextAction: `Read the reason, then compare again: ${GATEHOUSE} reconcile show ${id}`,
    }))
}

const KEPT_SAMPLES_DAYS = 7
const DAY_MS = 86_400_000

/** What the rows cannot tell. */
export function dossierGaps(rows: DossierRows, { from, to, asOf }: { from: Date; to: Date; asOf: Date }): string[] {
  const { lastRoundAt, reconciliations } = rows
  const certified = reconciliations.some(({ state, fromAt, toAt }) => state === 'complete' && fromAt <= from && toAt >= to)
  return [
    ...(lastRoundAt === null || lastRoundAt < from
      ? [
          'Problems and their ends, such as an outage of Paxos: not recorded, because no channel for alerts was configured. An outage that lasts is in the timeline.',
        ]
      : ['Problems below ALERT_SEVERITY: not recorded.']),
    ...(asOf.getTime() - from.getTime() > KEPT_SAMPLES_DAYS * DAY_MS
      ? [
          `Refused deliveries before ${new Date(asOf.getTime() - KEPT_SAMPLES_DAYS * DAY_MS).toISOString()}: their samples are kept for 7 days.`,
        ]
      : []),
    ...(certified
      ? []
      : [
          `Whether an event of the whole window is missing: no complete reconciliation covers it. ${GATEHOUSE} reconcile run --from ${from.toISOString()} --to ${to.toISOString()} compares it.`,
        ]),
    'Errors of events that were processed later: their rows no longer have them. Failed attempts of effects are kept.',
    'When a webhook key was demoted that is trusted again: only the acts of operators have it.',
    `Differences from Paxos: not computed. ${GATEHOUSE} reconcile drift compares both sides.`,
    `Exceptions of the proof: not computed. ${GATEHOUSE} proof computes them.`,
  ]
}
