import { type Dispatcher, request } from 'undici'
import { z } from 'zod'
import type { WebhookTarget } from './webhook-target.ts'

const TokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number().optional() })

/** The receiver's token endpoint gave no token: the delivery counts as failed. */
export class NoWebhookTokenError extends Error {
  readonly status: number | null
  constructor(status: number | null) {
    super(`the webhook's token endpoint gave no token (${status ?? 'no answer'})`)
    this.name = 'NoWebhookTokenError'
    this.status = status
  }
}

/** The header that authenticates a delivery. An OAuth token is fetched once for all waiting deliveries and kept until it expires. */
export class WebhookCredentials {
  #auth: WebhookTarget['auth']
  #dispatcher: Dispatcher
  #timeoutMs: number
  #token: { header: Record<string, string>; expiresAtMs: number } | null = null
  #fetching: Promise<Record<string, string>> | null = null

  constructor({ auth, dispatcher, timeoutMs }: { auth: WebhookTarget['auth']; dispatcher: Dispatcher; timeoutMs: number }) {
    this.#auth = auth
    this.#dispatcher = dispatcher
    this.#timeoutMs = timeoutMs
  }

  /** @throws NoWebhookTokenError */
  async header(): Promise<Record<string, string>> {
    const auth = this.#auth
    if (auth.kind === 'api-key') return { [auth.header]: auth.key }
    if (this.#token && Date.now() < this.#token.expiresAtMs) return this.#token.header
    this.#fetching ??= this.#fetch(auth).finally(() => {
      this.#fetching = null
    })
    return this.#fetching
  }

  /** Call after a 401: the next delivery requests a new token. */
  drop(): void {
    this.#token = null
  }

  async #fetch(auth: Extract<WebhookTarget['auth'], { kind: 'oauth' }>): Promise<Record<string, string>> {
    const { clientId, clientSecret, tokenUrl } = auth
    const basic = Buffer.from(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`).toString('base64')
    try {
      const answer = await request(tokenUrl, {
        method: 'POST',
        dispatcher: this.#dispatcher,
        headersTimeout: this.#timeoutMs,
        bodyTimeout: this.#timeoutMs,
        // Paxos sends the credentials both ways at once. A strict RFC 6749 server would refuse that (paxos/api.md 2.3).
        headers: { authorization: `Basic ${basic}`, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }).toString(),
      })
      if (answer.statusCode < 200 || answer.statusCode > 299) {
        await answer.body.dump()
        throw new NoWebhookTokenError(answer.statusCode)
      }
      const { access_token, expires_in = 0 } = TokenAnswer.parse(await answer.body.json())
      const header = { authorization: `Bearer ${access_token}` }
      this.#token = { header, expiresAtMs: Date.now() + expires_in * 1000 }
      return header
    } catch (error) {
      throw error instanceof NoWebhookTokenError ? error : new NoWebhookTokenError(null)
    }
  }
}
