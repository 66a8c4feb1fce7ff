import { type Incident, incidentKey, type Transition } from './alert-incident.ts'

/** What a message says about one incident. Only these fields go out. */
export interface AlertItem {
  readonly key: string
  readonly transition: Transition
  readonly kind: string
  readonly severity: string
  readonly sentence: string
  readonly nextAction: string
  /** Customers affected; null: not known. */
  readonly customers: number | null
  /** ISO 8601, UTC. */
  readonly openedAt: string | null
  readonly resolvedAt: string | null
  /** What to do: a section of docs/operations.md. */
  readonly runbook: string
}

export type AlertKind = 'gatehouse.alert' | 'gatehouse.alert_test' | 'gatehouse.alert_heartbeat'

export interface AlertMessage {
  readonly type: AlertKind
  /** The same in every try, so that the receiver can drop a second copy. */
  readonly id: string
  readonly subject: string
  /** The whole message as plain text. */
  readonly text: string
  /** The first 20 incidents. */
  readonly incidents: readonly AlertItem[]
  /** Further incidents that the message only counts. */
  readonly more: number
}

/** A message lists at most 20 incidents and counts the rest, so that it stays below 32 KiB. */
export const MOST_LISTED = 20

export interface Reported {
  transition: Transition
  incident: Incident
  runbook: string
}

/** One message for all transitions that are due: opened ones first, then by severity. */
export function alertMessage(id: string, reported: readonly Reported[]): AlertMessage {
  const sorted = reported.toSorted((a, b) => rank(a) - rank(b))
  const incidents = sorted.slice(0, MOST_LISTED).map(itemOf)
  const more = sorted.length - incidents.length
  const opened = sorted.filter(({ transition }) => transition === 'opened')
  const resolved = sorted.filter(({ transition }) => transition === 'resolved')
  const subject = [opened.length > 0 ? named(opened, '') : '', resolved.length > 0 ? named(resolved, 'resolved: ') : '']
    .filter((part) => part !== '')
    .join('; ')
  return {
    ...{ type: 'gatehouse.alert', id, incidents, more, subject: `[Gatehouse] ${subject}` },
    text: [...incidents.map(sayItem), ...(more > 0 ? [`${more} more: gatehouse alert list shows all.`] : [])].join('\n\n'),
  }
}

export function testMessage(id: string): AlertMessage {
  const text = 'An operator sent this test. The channel works; no action is needed.'
  return { type: 'gatehouse.alert_test', id, subject: '[Gatehouse] test of the alert channel', text, incidents: [], more: 0 }
}

export function heartbeatMessage(id: string): AlertMessage {
  const text = 'Heartbeat of the alert channel. If it stops, no alert can arrive either.'
  return { type: 'gatehouse.alert_heartbeat', id, subject: '[Gatehouse] heartbeat', text, incidents: [], more: 0 }
}

const SEVERITY_RANK: Readonly<Record<string, number>> = { critical: 0, fault: 1, warning: 2 }

function rank({ transition, incident }: Reported): number {
  return (transition === 'opened' ? 0 : 10) + (SEVERITY_RANK[incident.severity] ?? 9)
}

function named(reported: readonly Reported[], prefix: string): string {
  const kinds = [...new Set(reported.map(({ incident }) => incident.kind))]
  const shown = kinds.slice(0, 3).join(', ')
  return `${prefix}${shown}${kinds.length > 3 ? ` and ${kinds.length - 3} more kinds` : ''}${reported.length > 1 ? ` (${reported.length})` : ''}`
}

function itemOf({ transition, incident, runbook }: Reported): AlertItem {
  const { kind, severity, sentence, nextAction, customers, openedAt, closedAt } = incident
  return {
    ...{ key: incidentKey(incident), transition, kind, severity, sentence, nextAction, customers, runbook },
    openedAt: openedAt?.toISOString() ?? null,
    resolvedAt: transition === 'resolved' ? (closedAt?.toISOString() ?? null) : null,
  }
}

function sayItem({ key, transition, kind, severity, sentence, nextAction, customers, openedAt, resolvedAt, runbook }: AlertItem): string {
  const head = transition === 'opened' ? `${severity.toUpperCase()} ${kind}` : `RESOLVED ${kind}`
  const rows =
    transition === 'opened'
      ? [sentence, `Next: ${nextAction}`, customers === null ? '' : `Customers: ${customers}`, `Runbook: ${runbook}`, `Opened: ${openedAt}`]
      : [`Was: ${sentence}`, `Opened: ${openedAt}`, `Resolved: ${resolvedAt}`]
  return [head, ...rows.filter((row) => row !== ''), `Incident: ${key}`].join('\n')
}
