import { NO_ALERTS } from '../../src/operate/alerts/alerts.ts'
import type { UseCaseParts } from '../../src/operate/create-use-cases.ts'

/** For tests without orders, documents, members, further accounts, requests, changes, keys and alerts: the parts behind them are missing. */
export const NO_TRADING: Pick<
  UseCaseParts,
  'trading' | 'documents' | 'members' | 'accounts' | 'requests' | 'identityChanges' | 'vault' | 'alerts' | 'erasure'
> = {
  erasure: {} as UseCaseParts['erasure'],
  vault: {} as UseCaseParts['vault'],
  trading: {} as UseCaseParts['trading'],
  requests: {} as UseCaseParts['requests'],
  accounts: {} as UseCaseParts['accounts'],
  documents: {} as UseCaseParts['documents'],
  identityChanges: {} as UseCaseParts['identityChanges'],
  members: {} as UseCaseParts['members'],
  alerts: NO_ALERTS,
}
