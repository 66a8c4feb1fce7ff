import { Webhook } from 'standardwebhooks'
import { Pool } from 'undici'
import type { AddressPolicy } from '../platform/address-policy.ts'
import { errorCode } from '../platform/app-error.ts'
import { guardedConnect } from '../platform/guarded-connect.ts'
import { ExchangeFailedError, exchange } from '../platform/http-exchange.ts'
import { requestTarget } from '../platform/request-target.ts'
import { type AlertChannel, AlertNotDeliveredError } from './alert-channel.ts'
import { type AlertMessage, heartbeatMessage } from './alert-message.ts'

export interface WebhookAlertsOptions {
  url: string
  /** Standard Webhooks secret, `whsec_…`; null: messages are not signed. */
  secret: string | null
  /** Timeout of one message: connection and the answer's status together, milliseconds. */
  timeoutMs: number
  /** Addresses that the receiver may have. */
  outgoing: AddressPolicy
}

const USER_AGENT = 'Gatehouse-Alerts/1'

/**
 * Sends alerts as JSON by POST. `webhook-id` is the message's id, the same in every try. `text` holds the whole message for receivers that show only
 * that (chat). Any 2xx means accepted. It follows no redirect, and keeps nothing of the answer but its status.
 */
export function createWebhookAlerts({ url, secret, timeoutMs, outgoing }: WebhookAlertsOptions): AlertChannel {
  const { origin, path, headers: credentials } = requestTarget(url)
  const signer = secret === null ? null : new Webhook(secret)
  const connect = guardedConnect({ policy: outgoing, timeoutMs })
  const pool = new Pool(origin, { connections: 2, connect, headersTimeout: 0, bodyTimeout: timeoutMs })
  const send = async (message: AlertMessage): Promise<{ status: number | null }> => {
    const { type, id, text, incidents, more } = message
    const sentAt = new Date()
    const body = JSON.stringify({ type, id, timestamp: sentAt.toISOString(), text, incidents, more })
    const headers = {
      ...credentials,
      'content-type': 'application/json',
      'user-agent': USER_AGENT,
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1_000)),
      ...(signer ? { 'webhook-signature': signer.sign(id, sentAt, body) } : {}),
    }
    const { status } = await exchange(pool, { method: 'POST', path, headers, body }, { timeoutMs, until: 'status' }).catch(
      (error: unknown) => {
        const cause = error instanceof ExchangeFailedError ? error.cause : error
        throw new AlertNotDeliveredError('webhook', errorCode(cause), cause)
      },
    )
    if (status < 200 || status > 299) throw new AlertNotDeliveredError('webhook', String(status))
    return { status }
  }
  return {
    name: 'webhook',
    send,
    heartbeat: (id) => send(heartbeatMessage(id)),
    close: () => (pool.destroyed ? Promise.resolve() : pool.close()),
  }
}
