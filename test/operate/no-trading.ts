import { NO_ALERTS } from '../../src/operate/alerts/alerts.ts'
import type { UseCaseParts } from '../../src/operate/create-use-cases.ts'

/** For tests without orders, documents, further accounts, keys and alerts: the parts behind them are missing. */
export const NO_TRADING: Pick<UseCaseParts, 'trading' | 'documents' | 'accounts' | 'vault' | 'alerts' | 'erasure'> = {
  erasure: {} as UseCaseParts['erasure'],
  vault: {} as UseCaseParts['vault'],
  trading: {} as UseCaseParts['trading'],
  accounts: {} as UseCaseParts['accounts'],
  documents: {} as UseCaseParts['documents'],
  alerts: NO_ALERTS,
}
