import { setTimeout as delay } from 'node:timers/promises'

const MOST_TRIES = 20
const BETWEEN_MS = 500

/** Sends again while the answer is 503 with `Retry-After`: a machine at its limit says so, which is no weakness. The last answer counts. */
export async function untilServed(send: () => Promise<Response>): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    const answer = await send()
    if (answer.status !== 503 || !answer.headers.has('retry-after') || tries === MOST_TRIES) return answer
    await answer.arrayBuffer()
    await delay(BETWEEN_MS)
  }
}
