import { z } from 'zod'
import { positive } from './value-schemas.ts'

/** How much a worker does at once, how often it sweeps and polls, and what it does about identities that Gatehouse did not create. */
export const WORKER = {
  WORKER_CONCURRENCY: positive.max(1000, 'must be at most 1000').default(50),
  SWEEP_EVERY_SECONDS: positive.default(300),
  IDENTITY_POLL_SECONDS: positive.max(3_600, 'must be at most 3600').default(60),
  ADOPT_UNKNOWN_IDENTITIES: z.enum(['adopt', 'hold'], 'must be adopt or hold').default('adopt'),
}
