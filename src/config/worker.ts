import { z } from 'zod'
import { positive } from './value-schemas.ts'

/** A worker's concurrency, the intervals of its sweeps and polls, and its handling of identities that Gatehouse did not create. */
export const WORKER = {
  WORKER_CONCURRENCY: positive.max(1000, 'must be at most 1000').default(50),
  SWEEP_EVERY_SECONDS: positive.default(300),
  IDENTITY_POLL_SECONDS: positive.max(3_600, 'must be at most 3600').default(60),
  ADOPT_UNKNOWN_IDENTITIES: z.enum(['adopt', 'hold'], 'must be adopt or hold').default('adopt'),
}
