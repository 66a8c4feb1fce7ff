/** `critical` passes quiet hours. */
export const ALERT_SEVERITIES = ['critical', 'fault', 'warning'] as const
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number]

/**
 * - `pending`: the problem was seen, and not yet for long enough. In: a round saw the problem and no incident of it was unfinished. Out: it lasted
 *   (`open`), or it ended before (`cleared`).
 * - `open`: an alert is due on each channel. In: from `pending`. Out: the problem was not seen for 2 min (`resolved`).
 * - `resolved`: a resolved message is due on each channel that tried the alert. In: from `open`. Out: nothing; the same problem later is a new incident.
 * - `cleared`: it ended before it was reported. In: from `pending`. Out: nothing.
 */
export const INCIDENT_STATES = ['pending', 'open', 'resolved', 'cleared'] as const
export type IncidentState = (typeof INCIDENT_STATES)[number]

/**
 * - `due`: the message must go out. In: a transition of its incident; a failed try keeps it here. Out: `sent`, or `dropped` before its first try.
 * - `sent`: the channel accepted the message. In: from `due`. Out: nothing.
 * - `dropped`: the incident ended before the first try, for example in quiet hours. In: from `due`. Out: nothing.
 */
export const DELIVERY_STATES = ['due', 'sent', 'dropped'] as const

export type Transition = 'opened' | 'resolved'

/** A problem as an incident reports it: counts, codes and times. It names no operator and no customer. */
export interface Alarm {
  /** Distinguishes it from other problems at the same time, and is the same in each round: `paxos-down`, `dead:17`. */
  problemKey: string
  kind: string
  severity: AlertSeverity
  sentence: string
  nextAction: string
  customers: number | null
  since: Date | null
}

/** One period of one problem. */
export interface Incident extends Alarm {
  id: string
  state: IncidentState
  openedAt: Date | null
  closedAt: Date | null
}

/** The stable key of an incident: the same in its alert and in its resolved message, and of no other incident. */
export function incidentKey({ kind, id }: Pick<Incident, 'kind' | 'id'>): string {
  return `gatehouse-${kind}-${id}`
}
