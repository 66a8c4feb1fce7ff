import type { ReadyDelays } from '../../inbox/read-window.ts'
import { roughSpan } from '../say/say-time.ts'
import type { RecoveryWay } from './dossier.ts'

/** What each way of recovery means. */
export const SAY_WAY: Readonly<Record<RecoveryWay, string>> = {
  'at-once': 'processed within 5 min, without a counted retry',
  waited: 'processed later, without a counted retry: Gatehouse waited for Paxos, its limits or the queue',
  retry: 'recovered by retry',
  reopened: 'recovered after a later delivery or listing of Paxos',
  replay: "recovered by an operator's replay",
  reconciliation: 'recovered by reconciliation: no webhook brought it',
  dismissal: 'dismissed by an operator',
  'not-recovered': 'not recovered: unfinished, parked or dead',
}

/** The delays as names and values, in the order of a report. */
export function sayDelays({ customers, p50, p95, p99, worst, worstEventId }: ReadyDelays): readonly (readonly [string, string])[] {
  return [
    ['customers ready', String(customers)],
    ['p50', saySeconds(p50)],
    ['p95', saySeconds(p95)],
    ['p99', saySeconds(p99)],
    ['worst', `${saySeconds(worst)}, event ${worstEventId}`],
  ]
}

/** `0.4 s`, `12 s`, `3 min`. */
function saySeconds(seconds: number): string {
  return seconds < 10 ? `${seconds.toFixed(1)} s` : roughSpan(seconds)
}
