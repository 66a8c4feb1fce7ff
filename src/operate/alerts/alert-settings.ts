import type { AlertSeverity } from '../../alert/alert-incident.ts'
import type { QuietHours } from '../../alert/quiet-hours.ts'

/** Which problems are reported, and when. */
export interface AlertSettings {
  /** The lowest severity that opens an incident. */
  readonly severity: 'fault' | 'warning'
  /** How long a problem must last before it is reported, seconds. */
  readonly afterSeconds: number
  readonly quietHours: QuietHours | null
  /** Seconds between two heartbeats of a channel; null: none. */
  readonly heartbeatSeconds: number | null
  /** Your copy of docs/operations.md; null: its path in the repository. */
  readonly runbookUrl: string | null
}

export function reportedSeverities({ severity }: Pick<AlertSettings, 'severity'>): AlertSeverity[] {
  return severity === 'fault' ? ['critical', 'fault'] : ['critical', 'fault', 'warning']
}
