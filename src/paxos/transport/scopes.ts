/**
 * What Gatehouse asks Paxos for, by feature (paxos/api.md 1.3). Each feature has an access token of its own, fetched by its first call:
 * a scope that Paxos has not granted stops the feature that needs it and nothing else, and a feature that is not used asks for nothing.
 */
export const SCOPES = {
  onboarding: [
    'identity:read_identity', // confirm the state of a customer
    'identity:write_identity', // onboard one
    'identity:read_account', // look before creating a second one
    'identity:write_account',
    'events:read_event', // confirm what a webhook says; not in Paxos's guide, and nothing works without it
  ],
  balances: ['funding:read_profile'], // also what the sandbox's deposit needs
  orders: ['exchange:read_order', 'exchange:write_order'],
  quotes: ['exchange:read_quote', 'exchange:read_quote_execution', 'exchange:write_quote_execution'],
  transfers: ['transfer:read_transfer'],
  'deposit-instructions': ['transfer:read_fiat_deposit_instructions', 'transfer:write_fiat_deposit_instructions'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type Feature = keyof typeof SCOPES

/** Every feature. A wire of the Sandbox needs a scope of its own (paxos/api.md 1.3), which no use case asks for. */
export const ALL_FEATURES = [
  'onboarding',
  'balances',
  'orders',
  'quotes',
  'transfers',
  'deposit-instructions',
] as const satisfies readonly Feature[]
