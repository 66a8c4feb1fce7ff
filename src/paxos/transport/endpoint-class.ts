/**
 * The budget classes of calls. All but the last are limits of Paxos (paxos/api.md 1.5):
 * - `token`: the token endpoint.
 * - `identity`: identities, and accounts unless `PAXOS_ACCOUNTS_CLASS` says otherwise.
 * - `quote`: quote executions, the order book and recent executions.
 * - `transfer`: internal transfers.
 * - `general`: everything else.
 * - `unproven`: a quota of ours within `general`, for single reads of event ids that only a webhook has named.
 */
export const ENDPOINT_CLASSES = ['token', 'identity', 'quote', 'transfer', 'general', 'unproven'] as const
export type EndpointClass = (typeof ENDPOINT_CLASSES)[number]

/** Requests per second, averaged over five minutes; `null`: no limit of ours. */
export type BudgetLimits = Readonly<Record<EndpointClass, number | null>>

/** Paxos documents the first five. `unproven` is a tenth of what single reads may use, since webhooks are unsigned. */
export const DOCUMENTED_LIMITS = { token: 1, identity: 10, quote: 10, transfer: 20, general: 50, unproven: 5 } satisfies BudgetLimits
export const NO_LIMITS: BudgetLimits = { token: null, identity: null, quote: null, transfer: null, general: null, unproven: null }

/**
 * The class of the account endpoints, which Paxos does not document. `identity` is safe. If `general` is wrong, Paxos locks out every call
 * for five minutes.
 */
export type AccountsClass = 'identity' | 'general'

/** Every operation that Gatehouse calls. `accounts`: the class comes from `PAXOS_ACCOUNTS_CLASS`. */
const CLASS_OF_OPERATION = {
  token: 'token',
  'identities.create': 'identity',
  'identities.get': 'identity',
  'identities.list': 'identity',
  'identities.update': 'identity',
  'controls.create': 'identity',
  'controls.delete': 'identity',
  'controls.list': 'identity',
  'accounts.create': 'accounts',
  'accounts.add-members': 'accounts',
  'accounts.remove-member': 'accounts',
  'accounts.disable': 'accounts',
  'accounts.get': 'accounts',
  'accounts.list': 'accounts',
  'institution-members.add': 'identity',
  'institution-members.remove': 'identity',
  'documents.announce': 'identity',
  'documents.list': 'identity',
  'profiles.get': 'general',
  'balances.list': 'general',
  'markets.list': 'general',
  'orders.create': 'general',
  'orders.get': 'general',
  'orders.list': 'general',
  'orders.cancel': 'general',
  'executions.list': 'general',
  'quotes.list': 'general',
  'quote-executions.create': 'quote',
  'quote-executions.get': 'quote',
  'quote-executions.list': 'quote',
  'transfers.get': 'general',
  'transfers.list': 'general',
  'deposits.fund-sandbox': 'general',
  'deposits.send-wire': 'general',
  'deposit-instructions.create': 'general',
  'deposit-instructions.get': 'general',
  'deposit-instructions.list': 'general',
  'events.get': 'general',
  'events.list': 'general',
} as const satisfies Record<string, EndpointClass | 'accounts'>

export type Operation = keyof typeof CLASS_OF_OPERATION

/** The budget class of a call of `operation`. */
export function endpointClassOf(operation: Operation, { accountsClass }: { accountsClass: AccountsClass }): EndpointClass {
  const endpointClass = CLASS_OF_OPERATION[operation]
  return endpointClass === 'accounts' ? accountsClass : endpointClass
}

/** Whether a lock-out by Paxos closes the class. `unproven` is a quota of ours: each of its calls counts in a class of Paxos's as well. */
export function isLimitOfPaxos(endpointClass: EndpointClass): boolean {
  return endpointClass !== 'unproven'
}

/** An object with one value per class. */
export function perClass<Value>(make: (endpointClass: EndpointClass) => Value): Record<EndpointClass, Value> {
  return Object.fromEntries(ENDPOINT_CLASSES.map((name) => [name, make(name)])) as Record<EndpointClass, Value> // one for each class
}
