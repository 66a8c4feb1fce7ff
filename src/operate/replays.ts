import type { Pool } from 'pg'
import type { EventReads } from '../inbox/read-events.ts'
import type { UpstreamPace } from '../paxos/upstream-pace.ts'
import { listReplays } from '../replay/list-replays.ts'
import type { ReplayView } from '../replay/replay.ts'
import type { Perform } from './audited.ts'
import { estimateReplay } from './upstream-outlook.ts'
import type { OperatorActions, ReplayStory, ReplayUseCases } from './use-cases.ts'

interface Parts {
  pool: Pool
  events: EventReads
  pace: UpstreamPace
  actions: Pick<OperatorActions, 'planReplay' | 'approveReplay' | 'getReplay'>
  perform: Perform
}

/** Plan, approve, look. A plan is audited with what it came to, an approval before it runs. */
export function replayUseCases({ pool, events, pace, actions, perform }: Parts): ReplayUseCases {
  const estimate = async (replay: ReplayView): Promise<ReplayStory> => {
    const { accepted } = await events.count()
    return { ...replay, upstream: await estimateReplay(pace, replay, accepted) }
  }
  return {
    listReplays: (query) => listReplays(pool, query),
    getReplay: async (id) => {
      const replay = await actions.getReplay(id)
      return replay && estimate(replay)
    },
    planReplay: async (filter, actor) =>
      estimate(
        await perform(
          actor,
          {
            action: 'replay.plan',
            target: 'replay',
            reason: null,
            data: { filter },
            entry: 'after',
            result: (plan) => ({ target: plan.id, data: { filter: plan.filter, planHash: plan.planHash, counts: plan.counts } }),
          },
          () => actions.planReplay(filter, actor.name),
        ),
      ),
    approveReplay: async (id, { reason }, actor) =>
      estimate(
        await perform(actor, { action: 'replay.approve', target: id, reason, entry: 'before' }, () =>
          actions.approveReplay(id, { by: actor.name, reason }),
        ),
      ),
  }
}
