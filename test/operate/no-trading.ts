import type { UseCaseParts } from '../../src/operate/create-use-cases.ts'

/** For tests that place no order: what is behind accounts and orders is not there. */
export const NO_TRADING: Pick<UseCaseParts, 'trading'> = { trading: {} as UseCaseParts['trading'] }
