import { Webhook } from 'standardwebhooks'
import { Agent, type Dispatcher, request } from 'undici'
import { NOTICE_SECRET } from './gatehouse.ts'
import type { UpstreamUrls } from './upstream.ts'

/** The usual client of Paxos, and the usual sender of notifications: undici's `request` on keep-alive connections. */
export async function openTextbookCalls(upstream: UpstreamUrls, connections: number) {
  const agent = new Agent({ connections })
  const paxos = await openPaxos(upstream, agent)
  const signer = new Webhook(NOTICE_SECRET)
  return {
    paxos,
    sendNotice: async (key: string, data: object): Promise<void> => {
      const at = new Date()
      const body = JSON.stringify({ type: 'onboarding.ready', timestamp: at, data })
      const headers = {
        'content-type': 'application/json',
        'webhook-id': key,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': signer.sign(key, at, body),
      }
      const answer = await request(upstream.noticeUrl, { method: 'POST', dispatcher: agent, headers, body })
      await answer.body.dump()
      if (answer.statusCode > 299) throw new Error(`the notification was answered with ${answer.statusCode}`)
    },
    close: () => agent.close(),
  }
}

export function accountOrder(identityId: string): object {
  return { create_profile: true, account: { identity_id: identityId, ref_id: `account-${identityId}`, type: 'BROKERAGE' } }
}

/** The token once, an `Authorization` header, JSON. */
async function openPaxos({ apiUrl, tokenUrl }: UpstreamUrls, dispatcher: Agent) {
  const credentials = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'bench', client_secret: 'bench' })
  const answer = await request(tokenUrl, {
    method: 'POST',
    dispatcher,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: credentials.toString(),
  })
  const { access_token } = (await answer.body.json()) as { access_token: string }
  const headers = { authorization: `Bearer ${access_token}`, 'content-type': 'application/json' }
  const read = async <Body>({ statusCode, body }: Dispatcher.ResponseData): Promise<Body> => {
    if (statusCode !== 200) throw new Error(`Paxos answered ${statusCode}: ${await body.text()}`)
    return (await body.json()) as Body
  }
  return {
    get: async <Body>(path: string): Promise<Body> => read<Body>(await request(apiUrl + path, { dispatcher, headers })),
    post: async <Body>(path: string, body: object): Promise<Body> =>
      read<Body>(await request(apiUrl + path, { method: 'POST', dispatcher, headers, body: JSON.stringify(body) })),
  }
}
