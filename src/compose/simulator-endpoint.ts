import type { Config } from '../config/load-config.ts'

/** How Paxos is reached when it is our simulator at this address. */
export function simulatorEndpoint(url: string): NonNullable<Config['paxos']> {
  return { apiUrl: `${url}/v2`, tokenUrl: `${url}/oauth2/token`, clientId: 'sandbox', clientSecret: 'sandbox' }
}
