import type { EventReads } from '../inbox/read-events.ts'
import type { RecentFlow } from '../inbox/recent-flow.ts'
import type { OnboardingReads, Progress } from '../ledger/read-onboardings.ts'
import type { Problem } from './problem.ts'

/** What went through lately: from the event that arrived to the customer whose application was told. */
export interface Flow extends RecentFlow, Progress {
  since: Date
}

/** Is anything wrong, how far do customers come, and who waits longest? */
export interface Home {
  /** When all of it was looked at. */
  at: Date
  /** Worst first; empty: nothing is wrong. */
  problems: Problem[]
  flow: Flow
}

interface Parts {
  events: Pick<EventReads, 'recentFlow'>
  onboardings: Pick<OnboardingReads, 'progress'>
  problems: () => Promise<Problem[]>
  now: () => number
}

const FLOW_HOURS = 24

export async function readHome({ events, onboardings, problems, now }: Parts): Promise<Home> {
  const at = new Date(now())
  const since = new Date(at.getTime() - FLOW_HOURS * 3_600_000)
  const [found, flow, progress] = await Promise.all([problems(), events.recentFlow(since), onboardings.progress(since)])
  return { at, problems: found, flow: { since, ...flow, ...progress } }
}
