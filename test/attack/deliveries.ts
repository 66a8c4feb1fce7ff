import { randomUUID } from 'node:crypto'
import type { Target } from './attack.ts'
import { untilServed } from './until-served.ts'

/** An approval that Paxos never made, as a forger would write it. */
export const forged = (change: object = {}): object => ({
  id: randomUUID(),
  type: 'identity.approved',
  source: 'com.paxos',
  time: new Date().toISOString(),
  object: 'event',
  is_test: false,
  ...change,
})

/** One delivery, with the body as text or as a value to send as JSON. A 503 with `Retry-After` is sent again, as Paxos does. */
export async function deliver(
  { receiverUrl }: Target,
  body: object | string,
  { key, headers = {} }: { key?: string | undefined; headers?: Record<string, string> } = {},
): Promise<{ status: number; text: string; headers: Headers }> {
  const answer = await untilServed(() =>
    fetch(`${receiverUrl}/webhooks/paxos`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'x-api-key': key }), ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(60_000),
    }),
  )
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}
