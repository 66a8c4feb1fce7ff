import type { UseCaseParts } from '../../src/operate/create-use-cases.ts'

/** For tests without orders: the parts behind accounts and orders are missing. */
export const NO_TRADING: Pick<UseCaseParts, 'trading'> = { trading: {} as UseCaseParts['trading'] }
