/** The classes of documented rate limits (paxos/api.md 1.5). */
type LimitClass = 'token' | 'identity' | 'general' | 'quoteExecutions' | 'orderBook' | 'internalTransfers'

interface OperationFacts {
  /** `null`: no bearer token. */
  scope: string | null
  limit: LimitClass
  /** `/v2`, or empty for the token endpoint and the upload store, which are separate hosts at Paxos. */
  below: '/v2' | ''
}

const v2 = (scope: string, limit: LimitClass): OperationFacts => ({ scope, limit, below: '/v2' })

/** Operations that need no token (documented). */
const open = (limit: LimitClass): OperationFacts => ({ scope: null, limit, below: '/v2' })

/** Every simulated operation of Paxos, under its documented name, with the scope that it needs (paxos/openapi.json). */
export const OPERATIONS = {
  'POST /oauth2/token': { scope: null, limit: 'token', below: '' },
  'POST /identity/identities': v2('identity:write_identity', 'identity'),
  'GET /identity/identities': v2('identity:read_identity', 'identity'),
  'GET /identity/identities/{id}': v2('identity:read_identity', 'identity'),
  'PUT /identity/identities/{id}': v2('identity:write_identity', 'identity'),
  'PUT /identity/identities/{id}/sandbox-status': v2('identity:write_identity', 'identity'),
  'PUT /identity/identities/{identity_id}/documents': v2('identity:write_identity', 'identity'),
  'GET /identity/identities/{identity_id}/documents': v2('identity:read_identity', 'identity'),
  'PUT /uploads/{id}': { scope: null, limit: 'general', below: '' },
  'POST /identity/institution-members': v2('identity:write_identity', 'identity'),
  'DELETE /identity/institution-members/{id}': v2('identity:write_identity', 'identity'),
  'GET /identity/controls': v2('identity:read_identity_control', 'general'),
  'POST /identity/controls': v2('identity:write_identity_control', 'general'),
  'DELETE /identity/controls': v2('identity:write_identity_control', 'general'),
  'POST /identity/identities/{identity_id}/kyc-refresh': v2('identity:write_identity', 'identity'),
  'POST /identity/kycrefresh/force-start': v2('identity:write_identity', 'identity'),
  'POST /identity/kycrefresh/reset': v2('identity:write_identity', 'identity'),
  'PUT /identity/accounts': v2('identity:write_account', 'general'),
  'POST /identity/account-members': v2('identity:write_account', 'general'),
  'DELETE /identity/account-members/{id}': v2('identity:write_account', 'general'),
  'POST /identity/accounts': v2('identity:write_account', 'general'),
  'GET /identity/accounts': v2('identity:read_account', 'general'),
  'GET /identity/accounts/{id}': v2('identity:read_account', 'general'),
  'GET /profiles': v2('funding:read_profile', 'general'),
  'POST /profiles': v2('funding:write_profile', 'general'),
  'PUT /profiles/{profile_id}': v2('funding:write_profile', 'general'),
  'PUT /profiles/{profile_id}/deactivate': v2('funding:write_profile', 'general'),
  'GET /profiles/{profile_id}': v2('funding:read_profile', 'general'),
  'GET /profiles/{profile_id}/balances': v2('funding:read_profile', 'general'),
  'GET /profiles/{profile_id}/balances/{asset}': v2('funding:read_profile', 'general'),
  'POST /sandbox/profiles/{profile_id}/deposit': v2('funding:read_profile', 'general'),
  'GET /markets': open('general'),
  'GET /markets/{market}/order-book': open('orderBook'),
  'GET /markets/{market}/recent-executions': open('orderBook'),
  'GET /markets/{market}/ticker': open('general'),
  'GET /all-markets/prices': open('general'),
  'POST /profiles/{profile_id}/orders': v2('exchange:write_order', 'general'),
  'GET /profiles/{profile_id}/orders': v2('exchange:read_order', 'general'),
  'GET /profiles/{profile_id}/orders/{id}': v2('exchange:read_order', 'general'),
  'DELETE /profiles/{profile_id}/orders/{id}': v2('exchange:write_order', 'general'),
  'GET /orders': v2('exchange:read_order', 'general'),
  'GET /profiles/{profile_id}/executions': v2('exchange:read_order', 'general'),
  'GET /executions': v2('exchange:read_order', 'general'),
  'GET /quotes': v2('exchange:read_quote', 'general'),
  'POST /profiles/{profile_id}/quote-executions': v2('exchange:write_quote_execution', 'quoteExecutions'),
  'GET /profiles/{profile_id}/quote-executions': v2('exchange:read_quote_execution', 'quoteExecutions'),
  'GET /profiles/{profile_id}/quote-executions/{id}': v2('exchange:read_quote_execution', 'quoteExecutions'),
  'POST /transfer/fiat-deposit-instructions': v2('transfer:write_fiat_deposit_instructions', 'general'),
  'GET /transfer/fiat-deposit-instructions': v2('transfer:read_fiat_deposit_instructions', 'general'),
  'GET /transfer/fiat-deposit-instructions/{id}': v2('transfer:read_fiat_deposit_instructions', 'general'),
  'POST /sandbox/fiat-deposits': v2('transfer:write_sandbox_fiat_deposit', 'general'),
  'GET /transfer/transfers': v2('transfer:read_transfer', 'general'),
  'GET /transfer/transfers/{id}': v2('transfer:read_transfer', 'general'),
  'POST /transfer/internal': v2('transfer:write_internal_transfer', 'internalTransfers'),
  'GET /events': v2('events:read_event', 'general'),
  'GET /events/{id}': v2('events:read_event', 'general'),
} as const satisfies Record<string, OperationFacts>

export type Operation = keyof typeof OPERATIONS

export const OPERATION_NAMES = Object.keys(OPERATIONS) as [Operation, ...Operation[]] // Object.keys forgets the literal types

/** The route in Fastify's form: `GET /events/{id}` is method `GET`, url `/events/:id`. */
export function routeOf(operation: Operation): { method: string; url: string } {
  const [method = '', path = ''] = operation.split(' ')
  return { method, url: path.replaceAll(/\{(\w+)\}/g, ':$1') }
}

const V2_PATHS = OPERATION_NAMES.filter((name) => OPERATIONS[name].below === '/v2').map(
  (name) => new RegExp(`^/v2${routeOf(name).url.replaceAll(/:\w+/g, '[^/]+')}/?$`),
)

/** Whether any method is simulated at this path: tells a 405 from a 404. */
export function isKnownPath(path: string): boolean {
  return V2_PATHS.some((pattern) => pattern.test(path))
}
