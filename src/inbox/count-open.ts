/** SQL for a scrape of the metrics. Each reads a partial index of open events only, so the cost does not grow with the inbox. */

/** One row: `count` of the unfinished events, and `oldest`, the seconds since the oldest of them was received (0: there is none). */
export const UNFINISHED_EVENTS = `SELECT count(*)::int AS count, greatest(0, extract(epoch FROM now() - min(received_at)))::float8 AS oldest
  FROM inbox_event WHERE state = 'accepted'`

/** Events that need an operator. */
export const PARKED_EVENTS = `SELECT count(*)::int FROM inbox_event WHERE state = 'parked'`
export const DEAD_EVENTS = `SELECT count(*)::int FROM inbox_event WHERE state = 'dead'`
