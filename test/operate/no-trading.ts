import type { UseCaseParts } from '../../src/operate/create-use-cases.ts'

/** For tests without orders and documents: the parts behind them are missing. */
export const NO_TRADING: Pick<UseCaseParts, 'trading' | 'documents'> = {
  trading: {} as UseCaseParts['trading'],
  documents: {} as UseCaseParts['documents'],
}
