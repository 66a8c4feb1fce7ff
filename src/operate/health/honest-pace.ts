import type { UpstreamPace } from '../../paxos/upstream-pace.ts'
import { type Problem, stopsTheBacklog } from '../problems/problem.ts'

/**
 * The pace that Paxos's rate limits allow. It is an estimate only while nothing else delays the work (a paused queue, no worker, Paxos down,
 * the application refusing). Otherwise `etaMs` rejects, and every caller shows "not known".
 */
export function honestPace(pace: UpstreamPace, problems: () => Promise<Problem[]>): UpstreamPace {
  return {
    lockedForMs: () => pace.lockedForMs(),
    etaMs: async (events, options) => {
      const cause = (await problems()).find(stopsTheBacklog)
      if (cause) throw new Error(`no estimate: ${cause.kind}`)
      return pace.etaMs(events, options)
    },
  }
}
