import { NO_ALERTS } from '../../src/operate/alerts/alerts.ts'
import type { UseCaseParts } from '../../src/operate/create-use-cases.ts'

/** For tests without orders, documents, keys and alerts: the parts behind them are missing. */
export const NO_TRADING: Pick<UseCaseParts, 'trading' | 'documents' | 'vault' | 'alerts'> = {
  vault: {} as UseCaseParts['vault'],
  trading: {} as UseCaseParts['trading'],
  documents: {} as UseCaseParts['documents'],
  alerts: NO_ALERTS,
}
