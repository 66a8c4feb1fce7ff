/**
 * Paxos frees a ref_id 24 h after its order closed (paxos/api.md 8.1), so from then on it no longer protects against a second order. An hour
 * before that an order that is still not known to be at Paxos is not sent any more: a look-up alone decides (A6).
 */
const LAST_SENT_AFTER_MS = 23 * 3_600_000

/** Whether an order may still be sent under its ref_id. Times are milliseconds since 1970. */
export function mayStillBeSent(requestedAt: number, now: number): boolean {
  return now - requestedAt < LAST_SENT_AFTER_MS
}
