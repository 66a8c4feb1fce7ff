/**
 * Scopes by feature (paxos/api.md 1.3). Each feature has an access token of its own, which its first call fetches. A scope that Paxos has
 * not granted stops only its own feature. A feature that is not used requests no scope.
 */
export const SCOPES = {
  onboarding: [
    'identity:read_identity', // confirm an identity's status
    'identity:write_identity', // create an identity
    'identity:read_account', // look for an account before opening one
    'identity:write_account',
    'events:read_event', // confirm webhooks. Paxos's guide lacks it, and Gatehouse cannot work without it
  ],
  controls: ['identity:read_identity_control', 'identity:write_identity_control'],
  balances: ['funding:read_profile'], // the sandbox's deposit needs it too
  orders: ['exchange:read_order', 'exchange:write_order'],
  quotes: ['exchange:read_quote', 'exchange:read_quote_execution', 'exchange:write_quote_execution'],
  transfers: ['transfer:read_transfer'],
  'deposit-instructions': ['transfer:read_fiat_deposit_instructions', 'transfer:write_fiat_deposit_instructions'],
  'sandbox-wires': ['transfer:write_sandbox_fiat_deposit'], // a grant of its own, which the Dashboard may not list (paxos/api.md 1.3)
} as const satisfies Readonly<Record<string, readonly string[]>>

export type Feature = keyof typeof SCOPES

/** Every feature. */
export const ALL_FEATURES = [
  'onboarding',
  'controls',
  'balances',
  'orders',
  'quotes',
  'transfers',
  'deposit-instructions',
  'sandbox-wires',
] as const satisfies readonly Feature[]
