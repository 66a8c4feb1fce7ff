import type { OrderRequest } from './order.ts'
import type { OrderObstacle } from './preview-order.ts'

/** A GTT order must end more than this after it is sent (paxos/api.md 8.1). */
const SHORTEST_GTT_MS = 10_000

/**
 * Obstacles of a new order because of its end: Paxos refuses an order that ends within 10 s. Only a new order is checked: a recorded order
 * still answers a repeated request after its end. `now`: milliseconds since 1970.
 */
export function expiryObstacles({ expiresAt }: OrderRequest, now: number): OrderObstacle[] {
  if (expiresAt === null || Date.parse(expiresAt) - now > SHORTEST_GTT_MS) return []
  const message = `must be more than ${SHORTEST_GTT_MS / 1_000} s from now`
  return [{ limit: 'shortest-time-in-force', field: 'expiresAt', message, nearest: null }]
}
