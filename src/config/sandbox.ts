import { httpUrl, port, positive } from './value-schemas.ts'

/** The simulator: where it runs, where it delivers, and where the other roles look for it while no `PAXOS_*` is set. */
export const SANDBOX = {
  SANDBOX_PORT: port.optional(),
  SANDBOX_SEED: positive.optional(),
  SANDBOX_URL: httpUrl.optional(),
  SANDBOX_WEBHOOK_URL: httpUrl.optional(),
}
