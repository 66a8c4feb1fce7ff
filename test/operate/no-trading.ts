import { NO_ALERTS } from '../../src/operate/alerts/alerts.ts'
import type { UseCaseParts } from '../../src/operate/create-use-cases.ts'

/** For tests without orders, documents, further accounts, changes, keys and alerts: the parts behind them are missing. */
export const NO_TRADING: Pick<UseCaseParts, 'trading' | 'documents' | 'accounts' | 'identityChanges' | 'vault' | 'alerts' | 'erasure'> = {
  erasure: {} as UseCaseParts['erasure'],
  vault: {} as UseCaseParts['vault'],
  trading: {} as UseCaseParts['trading'],
  accounts: {} as UseCaseParts['accounts'],
  documents: {} as UseCaseParts['documents'],
  identityChanges: {} as UseCaseParts['identityChanges'],
  alerts: NO_ALERTS,
}
