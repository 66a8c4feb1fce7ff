import type { UpstreamPace } from '../paxos/upstream-pace.ts'
import { type Problem, stopsTheBacklog } from './problem.ts'

/**
 * The pace that Paxos's limits allow, which is an estimate only while nothing else keeps the work: with the queue paused, no worker, Paxos
 * down or the application refusing, a time would be made up. Then `etaMs` rejects, which every caller shows as "not known".
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
