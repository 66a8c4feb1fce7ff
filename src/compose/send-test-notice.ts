import { randomUUID } from 'node:crypto'
import type { Config } from '../config/load-config.ts'
import { createWebhookChannel } from '../notify/webhook-channel.ts'
import type { TestNoticeResult } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import { NOTICE_TIMEOUT_MS } from './running-role.ts'

/**
 * Sends one signed test notification to the application, on a connection of its own.
 * @throws UsageError when no address is configured; NoticeError when the application does not accept it
 */
export async function sendTestNotice({ notifyWebhook, outgoing }: Config): Promise<TestNoticeResult> {
  if (!notifyWebhook) throw new UsageError('NOTIFY_WEBHOOK_URL is not set, so notifications go only to the log of the worker.')
  const channel = createWebhookChannel({ ...notifyWebhook, outgoing, timeoutMs: NOTICE_TIMEOUT_MS, connections: 1 })
  const { origin, pathname } = new URL(notifyWebhook.url)
  const key = `test_${randomUUID()}`
  const startedAt = performance.now()
  try {
    const { status } = await channel.send({ key, kind: 'gatehouse.test', occurredAt: new Date(), data: {} })
    return { key, url: `${origin}${pathname}`, status, tookMs: Math.round(performance.now() - startedAt) }
  } finally {
    await channel.close()
  }
}
