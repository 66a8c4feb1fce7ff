import { Webhook } from 'standardwebhooks'
import { Pool } from 'undici'
import type { AddressPolicy } from '../platform/address-policy.ts'
import { errorCode } from '../platform/app-error.ts'
import { guardedConnect } from '../platform/guarded-connect.ts'
import { ExchangeFailedError, exchange } from '../platform/http-exchange.ts'
import { requestTarget } from '../platform/request-target.ts'
import { parseRetryAfter } from '../platform/retry-after.ts'
import type { NoticeChannel } from './notice.ts'
import { noticeBody } from './notice-body.ts'
import { NoticeOutcomeUnknownError, NoticeRefusedError, NoticeUnavailableError } from './notice-errors.ts'

export interface WebhookChannelOptions {
  url: string
  /** Standard Webhooks secret, `whsec_…`. */
  secret: string
  /** Timeout of one delivery: connection and the answer's headers together, milliseconds. */
  timeoutMs: number
  /** Addresses that the application may have. */
  outgoing: AddressPolicy
  /** Most open connections: as many as parallel sends, because one that waits for a connection may outlive its lease. */
  connections?: number
  /** The time for `webhook-timestamp`, milliseconds since 1970. */
  now?: () => number
}

/** Names the caller to the application's log and to firewalls. */
const USER_AGENT = 'Gatehouse-Webhooks/1'

/** Too Early, Too Many Requests, Service Unavailable: in HTTP these mean that the request was not accepted. */
const NOT_TAKEN = new Set([425, 429, 503])
/** Request Timeout, Conflict (perhaps with an earlier copy in progress): they do not tell the outcome. */
const TELLS_NOTHING = new Set([408, 409])

/**
 * Sends notifications to the customer's application as Standard Webhooks. `webhook-id` is the notice's key, the same in every attempt.
 * `webhook-timestamp` is the attempt's time, so that a receiver may refuse old copies. Any 2xx means accepted.
 */
export function createWebhookChannel({
  url,
  secret,
  timeoutMs,
  outgoing,
  connections = 100,
  now = Date.now,
}: WebhookChannelOptions): NoticeChannel {
  const { origin, path, headers: credentials } = requestTarget(url)
  const signer = new Webhook(secret)
  const connect = guardedConnect({ policy: outgoing, timeoutMs })
  const pool = new Pool(origin, { connections, connect, headersTimeout: 0, bodyTimeout: timeoutMs })

  return {
    name: 'webhook',
    async send(notice) {
      const { key } = notice
      const body = JSON.stringify(noticeBody(notice))
      const sentAt = new Date(now())
      const headers = {
        ...credentials,
        'content-type': 'application/json',
        'user-agent': USER_AGENT,
        'webhook-id': key,
        'webhook-timestamp': String(Math.floor(sentAt.getTime() / 1000)),
        'webhook-signature': signer.sign(key, sentAt, body),
      }
      const request = { method: 'POST', path, headers, body } as const
      // The status decides: losing the rest of the answer changes nothing.
      const answer = await exchange(pool, request, { timeoutMs, until: 'status' }).catch((error: unknown) => {
        const { sent, cause } = error instanceof ExchangeFailedError ? error : { sent: true, cause: error }
        const failure = { key, answer: errorCode(cause), cause }
        throw sent ? new NoticeOutcomeUnknownError(failure) : new NoticeUnavailableError(failure)
      })
      const { status } = answer
      if (status >= 200 && status <= 299) return { status }
      const failure = { key, answer: status, retryAfterMs: restMs(answer.headers['retry-after'], now()) }
      if (NOT_TAKEN.has(status)) throw new NoticeUnavailableError(failure)
      if (status >= 500 || TELLS_NOTHING.has(status)) throw new NoticeOutcomeUnknownError(failure)
      throw new NoticeRefusedError(failure)
    },
    close: () => (pool.destroyed ? Promise.resolve() : pool.close()),
  }
}

/** A receiver may ask for 1 h at most: a longer time is probably a wrong clock. */
const LONGEST_REST_MS = 3_600_000

function restMs(header: string | string[] | undefined, nowMs: number): number | undefined {
  const asked = parseRetryAfter(header, nowMs)
  return asked === null ? undefined : Math.min(LONGEST_REST_MS, asked)
}
