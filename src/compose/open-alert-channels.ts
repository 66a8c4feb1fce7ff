import type { AlertChannel, AlertChannelName } from '../alert/alert-channel.ts'
import type { Config } from '../config/load-config.ts'
import { NOTICE_TIMEOUT_MS } from './running-role.ts'

/** The configured channels for alerts. Nodemailer is loaded only for e-mail. */
export async function openAlertChannels({ alerts, outgoing }: Pick<Config, 'alerts' | 'outgoing'>): Promise<AlertChannel[]> {
  const { webhook, email } = alerts
  const shared = { outgoing, timeoutMs: NOTICE_TIMEOUT_MS }
  const channels: AlertChannel[] = []
  if (webhook) {
    const { createWebhookAlerts } = await import('../alert/webhook-alerts.ts')
    channels.push(createWebhookAlerts({ ...webhook, ...shared }))
  }
  if (email) {
    const { createEmailAlerts } = await import('../alert/email-alerts.ts')
    channels.push(createEmailAlerts({ ...email, ...shared }))
  }
  return channels
}

export function configuredChannels({ webhook, email }: Config['alerts']): AlertChannelName[] {
  return [...(webhook ? (['webhook'] as const) : []), ...(email ? (['e-mail'] as const) : [])]
}
