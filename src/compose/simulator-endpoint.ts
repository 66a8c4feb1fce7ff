import type { Config } from '../config/load-config.ts'

/** The settings to reach our simulator at this address instead of Paxos. */
export function simulatorEndpoint(url: string): NonNullable<Config['paxos']> {
  return { apiUrl: `${url}/v2`, tokenUrl: `${url}/oauth2/token`, clientId: 'sandbox', clientSecret: 'sandbox' }
}
