/**
 * The ceiling: only the calls that Gatehouse makes for each onboarding, with its own client, readers and notice channel, so many
 * onboardings at once. No webhook, no database, no queue.
 */
import { Registry } from 'prom-client'
import { createWebhookChannel } from '../../src/notify/webhook-channel.ts'
import { accountRefId, noticeKey } from '../../src/onboarding/onboarding.ts'
import { createBudget } from '../../src/paxos/budget.ts'
import { createConfirmationReader } from '../../src/paxos/confirmation-reader.ts'
import { createPaxosClient } from '../../src/paxos/paxos-client.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { openAccount } from '../../src/saga/open-account.ts'
import { NOTICE_SECRET } from './gatehouse.ts'
import type { Delivery } from './load.ts'
import { runProgram } from './program.ts'
import type { UpstreamUrls } from './upstream.ts'

interface Settings {
  upstream: UpstreamUrls
  concurrency: number
}

await runProgram<Settings, readonly Delivery[], null>(async ({ upstream, concurrency }) => {
  const paxos = createPaxosClient({
    ...upstream,
    clientId: 'bench',
    clientSecret: 'bench',
    timeoutMs: 10_000,
    budget: createBudget({ limits: { token: null, identity: null, general: null } }),
    logger: createLogger({ level: 'warn' }),
    metrics: new Registry(),
    connections: concurrency,
  })
  const reader = createConfirmationReader(paxos)
  const notices = createWebhookChannel({ url: upstream.noticeUrl, secret: NOTICE_SECRET, timeoutMs: 10_000 })

  const onboard = async ({ id, time }: Delivery): Promise<void> => {
    const event = await reader.event(id, Date.parse(time), { priority: 'live' })
    const identityId = event.identityId ?? ''
    await reader.identity(identityId, Date.parse(event.createdAt), { priority: 'live' })
    const receipt = await openAccount(paxos, { identityId, refId: accountRefId(identityId), mayExist: false, priority: 'live' })
    if (receipt.kind !== 'account') throw new Error('unreachable')
    const { accountId, profileId } = receipt
    await notices.send({
      key: noticeKey(identityId, 'ready', 1),
      kind: 'onboarding.ready',
      occurredAt: new Date(),
      data: { identityId, refId: null, accountId, profileId },
    })
  }
  return {
    ready: null,
    answer: async (deliveries) => {
      let next = 0
      const lane = async (): Promise<void> => {
        for (let delivery = deliveries[next++]; delivery; delivery = deliveries[next++]) await onboard(delivery)
      }
      await Promise.all(Array.from({ length: concurrency }, lane))
    },
    close: async () => {
      await Promise.all([reader.close(), notices.close()])
      await paxos.close()
    },
  }
})
