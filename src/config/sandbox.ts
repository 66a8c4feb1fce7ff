import { httpUrl, port, positive } from './value-schemas.ts'

/** The simulator: its address, its webhook's address, and where the other roles expect it while no `PAXOS_*` is set. */
export const SANDBOX = {
  SANDBOX_PORT: port.optional(),
  SANDBOX_SEED: positive.optional(),
  SANDBOX_URL: httpUrl.optional(),
  SANDBOX_WEBHOOK_URL: httpUrl.optional(),
}
