/**
 * The ceiling: makes only Gatehouse's calls for each onboarding, with its own client, readers and notification channel, for a number
 * of onboardings in parallel. No webhook, no database, no queue. The same for the four calls of the textbook design, with its client.
 */

import { Registry } from 'prom-client'
import { notificationKey } from '../../src/domain/notification.ts'
import { accountEffect, isAccountReceipt } from '../../src/domain/onboarding/account-effect.ts'
import { newOnboarding } from '../../src/domain/onboarding/onboarding.ts'
import { createAccountEffect } from '../../src/effects/create-account.ts'
import { createWebhookChannel } from '../../src/notify/webhook-channel.ts'
import { createConfirmationReader } from '../../src/paxos/confirmation-reader.ts'
import { createPaxosClient } from '../../src/paxos/paxos-client.ts'
import { createBudget } from '../../src/paxos/transport/budget.ts'
import { NO_LIMITS } from '../../src/paxos/transport/endpoint-class.ts'
import { EVERY_NETWORK } from '../../src/platform/address-policy.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { NOTICE_SECRET } from './gatehouse.ts'
import type { Delivery } from './load.ts'
import { runProgram } from './program.ts'
import { accountOrder, openTextbookCalls } from './textbook-calls.ts'
import type { UpstreamUrls } from './upstream.ts'

interface Settings {
  /** The side whose calls are made. */
  design: 'gatehouse' | 'textbook'
  upstream: UpstreamUrls
  concurrency: number
}

interface Calls {
  onboard(delivery: Delivery): Promise<void>
  close(): Promise<void>
}

await runProgram<Settings, readonly Delivery[], null>(async ({ design, ...settings }) => {
  const { onboard, close } = await (design === 'gatehouse' ? openGatehouse(settings) : openTextbook(settings))
  return {
    ready: null,
    answer: async (deliveries) => {
      let next = 0
      const lane = async (): Promise<void> => {
        for (let delivery = deliveries[next++]; delivery; delivery = deliveries[next++]) await onboard(delivery)
      }
      await Promise.all(Array.from({ length: settings.concurrency }, lane))
    },
    close,
  }
})

function openGatehouse({ upstream, concurrency }: Omit<Settings, 'design'>): Calls {
  const paxos = createPaxosClient({
    ...upstream,
    outgoing: EVERY_NETWORK,
    clientId: 'bench',
    clientSecret: 'bench',
    timeoutMs: 10_000,
    budget: createBudget({ limits: NO_LIMITS }),
    logger: createLogger({ level: 'warn' }),
    metrics: new Registry(),
    connections: concurrency,
  })
  const reader = createConfirmationReader(paxos)
  const account = createAccountEffect(paxos)
  const notices = createWebhookChannel({ url: upstream.noticeUrl, secret: NOTICE_SECRET, outgoing: EVERY_NETWORK, timeoutMs: 10_000 })

  return {
    onboard: async ({ id, time }) => {
      const event = await reader.event(id, Date.parse(time), { priority: 'live' })
      const identityId = event.identityId ?? ''
      await reader.identity(identityId, Date.parse(event.createdAt), { priority: 'live' })
      const effect = accountEffect(identityId)
      const snapshot = { onboarding: newOnboarding(identityId, 'adopted', null), effects: [effect] }
      const receipt = await account.perform({ streamId: identityId, snapshot, effect, priority: 'live' })
      if (!isAccountReceipt(receipt)) throw new Error('unreachable')
      const { accountId, profileId } = receipt
      const said = { occurredAt: new Date(), data: { identityId, refId: null, accountId, profileId } }
      await notices.send({ key: notificationKey(identityId, 'account_opened', 1), kind: 'account.opened', ...said })
      await notices.send({ key: notificationKey(identityId, 'ready', 1), kind: 'onboarding.ready', ...said })
    },
    close: async () => {
      await Promise.all([reader.close(), notices.close()])
      await paxos.close()
    },
  }
}

async function openTextbook({ upstream, concurrency }: Omit<Settings, 'design'>): Promise<Calls> {
  const { paxos, sendNotice, close } = await openTextbookCalls(upstream, concurrency)
  return {
    onboard: async ({ id }) => {
      const { object } = await paxos.get<{ object: { identity_id: string } }>(`/events/${id}`)
      const identityId = object.identity_id
      await paxos.get(`/identity/identities/${identityId}`)
      const created = await paxos.post<{ id: string }>('/identity/accounts', accountOrder(identityId))
      const account = await paxos.get<{ id: string; profile_id: string }>(`/identity/accounts/${created.id}`)
      const data = { identityId, accountId: account.id, profileId: account.profile_id }
      await sendNotice(`notice-opened-${identityId}`, data)
      await sendNotice(`notice-ready-${identityId}`, data)
    },
    close,
  }
}
