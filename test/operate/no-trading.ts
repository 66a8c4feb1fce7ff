import type { UseCaseParts } from '../../src/operate/create-use-cases.ts'

/** For tests without orders, documents and keys: the parts behind them are missing. */
export const NO_TRADING: Pick<UseCaseParts, 'trading' | 'documents' | 'vault'> = {
  vault: {} as UseCaseParts['vault'],
  trading: {} as UseCaseParts['trading'],
  documents: {} as UseCaseParts['documents'],
}
