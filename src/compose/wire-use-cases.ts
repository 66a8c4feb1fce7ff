import type { Registry } from 'prom-client'
import { NO_ALERTS } from '../operate/alerts/alerts.ts'
import { createUseCases, type UseCaseParts } from '../operate/create-use-cases.ts'
import { createOnboarding } from '../operate/onboarding/create-onboarding.ts'
import type { OperatorActions, OperatorUseCases } from '../operate/use-cases.ts'
import type { Logger } from '../platform/logger.ts'
import type { ReplayParts } from '../replay/plan-replay.ts'
import { createReplayActions } from '../replay/replay-actions.ts'
import { workNow } from '../saga/process-event.ts'
import { rebuildQueue } from '../saga/rebuild-queue.ts'
import { createSagaMetrics } from '../saga/saga-metrics.ts'
import type { Stages } from './open-stages.ts'

/** Settings of the use cases, besides the stages. */
export interface UseCaseSettings
  extends Pick<UseCaseParts, 'roster' | 'world' | 'pace' | 'sweepEverySeconds'>,
    Pick<OperatorActions, 'sendTestNotice'> {
  /** A replay plan of more events than this needs a second person; null: never. */
  secondPersonAbove: number | null
  logger: Logger
  metrics: Registry
  /** The channels for alerts; by default none. */
  alerts?: UseCaseParts['alerts']
  /** Milliseconds since 1970. */
  now?: () => number
}

/** Wires the use cases on the stages: once for the operator's role, the commands, and the tests. */
export function wireUseCases(
  stages: Omit<Stages, 'notices'>,
  settings: UseCaseSettings,
): { useCases: OperatorUseCases; replays: ReplayParts } {
  const { secondPersonAbove, sendTestNotice, logger, metrics, now = Date.now, alerts = NO_ALERTS, ...outlook } = settings
  const { pool, queue, paxos, inbox, trading, encryptionKey } = stages
  const parts = { ...stages, secondPersonAbove }
  const work = workNow({ ...stages, logger, metrics: createSagaMetrics(metrics), random: Math.random })
  const useCases = createUseCases({
    pool,
    queue,
    now,
    alerts,
    ...outlook,
    missingScopes: () => paxos.missingScopes(),
    askPaxos: async () => void (await paxos.events.list({ limit: 1, order: 'DESC' })),
    vault: { ...stages.vaultKeys },
    erasure: { vault: stages.vault, requests: stages.requests },
    trading: { ...trading, inbox, queue, paxos, encryptionKey },
    requests: stages.requests,
    accounts: {
      ...{ accounts: stages.accountLedger, accountMemberChanges: stages.accountMemberLedger, closings: stages.closingLedger },
      ...{ vault: stages.vault, inbox },
    },
    documents: { documents: trading.documentLedger, onboardings: stages.ledger },
    identityChanges: { changes: stages.changes, vault: stages.vault },
    members: { ledger: trading.memberLedger, onboardings: stages.ledger },
    actions: {
      createOnboarding: (order) => createOnboarding({ ...stages, workNow: work }, order),
      findCommand: (id) => inbox.findCommand(id),
      ...createReplayActions(parts),
      rebuildQueue: () => rebuildQueue(stages),
      sendTestNotice,
    },
  })
  return { useCases, replays: parts }
}
