/**
 * Paxos frees a ref_id 24 h after its order closed (paxos/api.md 8.1): from then on it does not prevent a second order. One hour earlier,
 * Gatehouse stops sending an order that may not be at Paxos: only a look-up decides then (A6).
 */
export const LAST_SENT_AFTER_MS = 23 * 3_600_000

/** Whether an order may still be sent under its ref_id. Times are milliseconds since 1970. */
export function mayStillBeSent(requestedAt: number, now: number): boolean {
  return now - requestedAt < LAST_SENT_AFTER_MS
}
