import type { OrderRequest } from './order.ts'
import type { OrderObstacle } from './preview-order.ts'

/** GTT must end more than this after it is sent (paxos/api.md 8.1). */
const SHORTEST_GTT_MS = 10_000

/**
 * What refuses a new order for its end: Paxos takes none that ends within ten seconds. Only a new one is asked: an order that is on record
 * answers a repetition of its request also after its end. `now`: milliseconds since 1970.
 */
export function expiryObstacles({ expiresAt }: OrderRequest, now: number): OrderObstacle[] {
  if (expiresAt === null || Date.parse(expiresAt) - now > SHORTEST_GTT_MS) return []
  const message = `must be more than ${SHORTEST_GTT_MS / 1_000} s from now`
  return [{ limit: 'shortest-time-in-force', field: 'expiresAt', message, nearest: null }]
}
