import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import type { EventReads } from '../../inbox/read-events.ts'
import type { UpstreamPace } from '../../paxos/upstream-pace.ts'
import { listReplays } from '../../replay/list-replays.ts'
import { listReplayItems, type ReplayView } from '../../replay/read-replay.ts'
import type { ReplayActions } from '../../replay/replay-actions.ts'
import type { Perform } from '../audited.ts'
import { estimateReplay } from '../health/upstream-outlook.ts'
import type { ReplayStory, ReplayUseCases } from '../use-cases.ts'

interface Parts {
  pool: Pool
  events: EventReads
  pace: UpstreamPace
  actions: ReplayActions
  perform: Perform
}

/** Plans, approves, steers and reads replays. A plan is audited with its filter after it is made; every other action before it runs. */
export function replayUseCases({ pool, events, pace, actions, perform }: Parts): ReplayUseCases {
  const estimate = async (replay: ReplayView): Promise<ReplayStory> => {
    const { accepted } = await events.count()
    return { ...replay, upstream: await estimateReplay(pace, replay.progress, accepted) }
  }
  const plan = (actor: Actor, filter: object, act: () => Promise<ReplayView>): Promise<ReplayView> =>
    perform(
      actor,
      {
        ...{ action: 'replay.plan', target: 'replay', reason: null, data: { filter }, entry: 'after' },
        result: ({ id, filter: chosen, events: count, planHash, counts }) => ({
          target: id,
          data: { filter: chosen, events: count, planHash, counts },
        }),
      },
      act,
    )
  return {
    listReplays: (query) => listReplays(pool, query),
    listReplayItems: (id, query) => listReplayItems(pool, id, query),
    getReplay: async (id) => {
      const replay = await actions.getReplay(id)
      return replay && estimate(replay)
    },
    planReplay: async (filter, actor, options) =>
      estimate(await plan(actor, filter, () => actions.planReplay(filter, actor.name, options))),
    continuePlan: async (id, options) => estimate(await actions.continuePlan(id, options)),
    planNewSince: async (id, actor, options) =>
      estimate(await plan(actor, { newSince: id }, () => actions.planNewSince(id, actor.name, options))),
    approveReplay: async (id, { reason }, actor) =>
      estimate(
        await perform(actor, { action: 'replay.approve', target: id, reason, entry: 'before' }, () =>
          actions.approveReplay(id, { by: actor.name, reason }),
        ),
      ),
    steerReplay: async (id, steering, { reason }, actor) =>
      estimate(
        await perform(actor, { action: `replay.${steering}`, target: id, reason, entry: 'before' }, () =>
          actions.steerReplay(id, steering, { by: actor.name, reason }),
        ),
      ),
  }
}
