import { sayCause } from '../issues/say-issue.ts'
import { sayReconciliation } from '../reconcile/say-reconciliation.ts'
import { counted } from '../say/counted.ts'
import type { DossierLine } from './dossier.ts'
import type { DossierRows } from './dossier-rows.ts'

/** What happened in the window, in the order of its times. A line that began earlier and lasted into the window is in it too. */
export function dossierTimeline(rows: DossierRows, { from, to }: { from: Date; to: Date }): DossierLine[] {
  return [
    ...problems(rows),
    ...outages(rows, to),
    ...keys(rows, { from, to }),
    ...causes(rows),
    ...deliveries(rows),
    ...replays(rows),
    ...reconciliations(rows),
    ...acts(rows),
  ].toSorted((one, other) => one.at.getTime() - other.at.getTime())
}

/** `open` and `pending` last: their end is not known. */
function problems({ problems: seen }: DossierRows): DossierLine[] {
  return seen.map(({ severity, sentence, state, firstSeenAt, lastSeenAt }) => {
    const ended = state === 'resolved' || state === 'cleared'
    const line = { at: firstSeenAt, until: ended ? lastSeenAt : null, kind: 'problem' as const }
    return { ...line, text: `${severity}: ${sentence}${ended ? '' : ' It lasts.'}` }
  })
}

/** Only the present outage has a row of its own: an ended one is among the problems, if alerts are configured. */
function outages({ contact }: DossierRows, to: Date): DossierLine[] {
  return contact.flatMap(({ circuit, failingSince, errorCode, httpStatus }) => {
    if (failingSince === null || failingSince >= to) return []
    const what = circuit === 'token' ? "Paxos's token endpoint" : "Paxos's API"
    const answer = httpStatus === null ? `no answer (${errorCode})` : `${httpStatus} (${errorCode})`
    return [{ at: failingSince, until: null, kind: 'outage' as const, text: `${what} fails: ${answer}. It lasts.` }]
  })
}

function keys({ keys: known }: DossierRows, { from, to }: { from: Date; to: Date }): DossierLine[] {
  return known.flatMap(({ slot, demoted }) => {
    if (!demoted || demoted.at < from || demoted.at >= to) return []
    const why = demoted.leaked
      ? 'an operator marked it as leaked'
      : `Paxos did not know ${demoted.unknown} of ${demoted.known + demoted.unknown} events`
    return [{ at: demoted.at, until: null, kind: 'key' as const, text: `Webhook key ${slot} was demoted: ${why}.` }]
  })
}

function causes({ newCauses }: DossierRows): DossierLine[] {
  return newCauses.map((cause) => ({
    ...{ at: cause.at, until: null, kind: 'cause' as const },
    text: `First failure of issue ${cause.id}: ${sayCause(cause)}.`,
  }))
}

function deliveries({ refused }: DossierRows): DossierLine[] {
  return refused.map(({ status, reason, samples, firstAt, lastAt }) => ({
    ...{ at: firstAt, until: lastAt, kind: 'deliveries' as const },
    text: `The receiver refused deliveries with ${status} (${reason}): ${counted(samples, 'sample')}.`,
  }))
}

function replays({ replays: run }: DossierRows): DossierLine[] {
  return run.flatMap(({ id, state, approvedAt, approvedBy, secondBy, finishedAt, events }) => {
    if (approvedAt === null) return []
    const second = secondBy === null ? '' : ` and ${secondBy}`
    const text = `Replay ${id} of ${counted(events, 'event')}, approved by ${approvedBy}${second}: ${state.replaceAll('_', ' ')}.`
    return [{ at: approvedAt, until: finishedAt, kind: 'replay' as const, text }]
  })
}

function reconciliations({ reconciliations: asked }: DossierRows): DossierLine[] {
  return asked.map((reconciliation) => {
    const { fromAt, toAt, requestedAt, finishedAt } = reconciliation
    const text = `Reconciliation of ${fromAt.toISOString()} to ${toAt.toISOString()}: ${sayReconciliation(reconciliation)}`
    return { at: requestedAt, until: finishedAt, kind: 'reconciliation' as const, text }
  })
}

/** All acts are in their own list; here stand those that change what the queue and the keys do. */
const TURNS = /^(queue|key)\.[a-z]+$/

function acts({ acts: done }: DossierRows): DossierLine[] {
  return done
    .filter(({ action }) => TURNS.test(action))
    .map(({ at, operator, action, target }) => ({
      ...{ at, until: null, kind: action.startsWith('queue.') ? ('pause' as const) : ('operator' as const) },
      text: `${operator}: ${action} (${target}).`,
    }))
}
