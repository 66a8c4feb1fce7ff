import type { EventReads } from '../../inbox/read-events.ts'
import type { RecentFlow } from '../../inbox/recent-flow.ts'
import type { Progress } from '../../ledger/count-onboardings.ts'
import type { OnboardingReads } from '../../ledger/read-onboardings.ts'
import type { AlertChannelView } from '../alerts/alerts.ts'
import type { Problem } from '../problems/problem.ts'

/** Recent progress: from received events to notified applications. */
export interface Flow extends RecentFlow, Progress {
  since: Date
}

/** The home page as data: problems, recent progress, and the longest waits. */
export interface Home {
  /** When Gatehouse read all of it. */
  at: Date
  /** Worst first; empty if there is no problem. */
  problems: Problem[]
  flow: Flow
  /** The channels for alerts to operators; empty: none is configured. */
  alerts: AlertChannelView[]
}

interface Parts {
  events: Pick<EventReads, 'recentFlow'>
  onboardings: Pick<OnboardingReads, 'progress'>
  problems: () => Promise<Problem[]>
  alertChannels: () => Promise<AlertChannelView[]>
  now: () => number
}

const FLOW_HOURS = 24

export async function readHome({ events, onboardings, problems, alertChannels, now }: Parts): Promise<Home> {
  const at = new Date(now())
  const since = new Date(at.getTime() - FLOW_HOURS * 3_600_000)
  const [found, flow, progress, alerts] = await Promise.all([
    problems(),
    events.recentFlow(since),
    onboardings.progress(since),
    alertChannels(),
  ])
  return { at, problems: found, flow: { since, ...flow, ...progress }, alerts }
}
