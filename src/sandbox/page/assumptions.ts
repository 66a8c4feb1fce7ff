/**
 * A behaviour of the simulator, and whether Paxos documents it. `assumed`: no page of Paxos says so; a setting controls it where one is
 * named.
 */
export interface Fact {
  readonly about: string
  readonly does: string
  readonly basis: 'documented' | 'assumed'
  readonly knob?: string
}

/** Printed by `gatehouse sandbox assumptions`, served at `/_sandbox/assumptions`, shown on the page and in docs/simulator.md. */
export const FACTS: readonly Fact[] = [
  {
    about: 'token',
    does: 'client credentials, 3599 s, a missing scope is 403 with its text',
    basis: 'documented',
    knob: 'tokenTtlSeconds',
  },
  { about: 'token', does: 'errors of the token endpoint are those of RFC 6749', basis: 'assumed' },
  {
    about: 'limits',
    does: 'per endpoint and address over five minutes, then a lock-out of five minutes',
    basis: 'documented',
    knob: 'enforceLimits',
  },
  {
    about: 'limits',
    does: 'accounts and controls count as everything else (50/s), not as identities (10/s)',
    basis: 'assumed',
    knob: 'limitsPerSecond',
  },
  { about: 'webhooks', does: 'a retry after about 5 s, then with growing waits, for 24 h', basis: 'documented', knob: 'retryFirstMs' },
  { about: 'webhooks', does: 'the wait doubles up to an hour, spread by 20 %', basis: 'assumed' },
  { about: 'identities', does: 'PENDING at first; required fields by type, regulation and trading', basis: 'documented' },
  { about: 'identities', does: 'a day of birth must be a day that exists', basis: 'assumed' },
  { about: 'identities', does: 'the status that results from the single checks', basis: 'assumed' },
  { about: 'identities', does: 'a duplicate ref_id is checked before a duplicate person', basis: 'assumed' },
  { about: 'identities', does: 'an update to the cip_id of another identity is 409, as on create', basis: 'assumed' },
  { about: 'sandbox-status', does: 'emits events; the status changes immediately', basis: 'assumed', knob: 'sandboxStatusLagMs' },
  { about: 'controls', does: 'any active control makes the status DISABLED, FROZEN makes it ERROR', basis: 'assumed' },
  { about: 'controls', does: 'the client deletes only its own; an event announces each change', basis: 'documented' },
  {
    about: 'KYC refresh',
    does: 'started, completed by last_kyc_refresh_date, expired after its days',
    basis: 'documented',
    knob: 'timeScale',
  },
  { about: 'KYC refresh', does: 'an identity that is not approved is not eligible: 403; expiry changes no status', basis: 'assumed' },
  { about: 'accounts', does: 'made for identities of any status', basis: 'assumed', knob: 'strictAccounts' },
  { about: 'accounts', does: 'a known ref_id is 409 with meta.existing', basis: 'assumed', knob: 'accountConflict' },
  { about: 'accounts', does: 'profile_id is in the answer of the creation', basis: 'assumed', knob: 'profileIdArrives' },
  { about: 'sandbox deposit', does: 'credits immediately and emits no event', basis: 'assumed' },
  {
    about: 'wires',
    does: 'credited after a while, less the fee; events announce it',
    basis: 'documented',
    knob: 'wireDelayMs, wireFee',
  },
  { about: 'queries', does: 'a parameter that the document does not have is ignored: it refuses none', basis: 'assumed' },
  { about: 'transfers', does: 'type goes with time filters only, order_by with its own time: else 400', basis: 'documented' },
  { about: 'wires', does: 'a late return is a further debiting transfer', basis: 'assumed', knob: 'lateReturnAs' },
  { about: 'wires', does: 'an unknown memo is 400', basis: 'assumed' },
  { about: 'orders', does: 'sizes, steps, times in force, refusals and their texts', basis: 'documented' },
  { about: 'orders', does: 'a ref_id is free again 24 h after the order closed', basis: 'documented', knob: 'refIdMemoryMs' },
  { about: 'orders', does: 'ref_ids are unique over all profiles of the client', basis: 'assumed' },
  {
    about: 'orders',
    does: 'commission on top of a buy, taken from the proceeds of a sale, 0.35 %',
    basis: 'assumed',
    knob: 'commissionRate',
  },
  { about: 'orders', does: 'an order that the book refuses (post-only, 15 % off) gets a 200 and ends REJECTED', basis: 'assumed' },
  { about: 'orders', does: 'an order cancels a resting one of the same profile that it would meet', basis: 'assumed' },
  { about: 'orders', does: 'GTT less than 10 s ahead is 400; at its time the order is CANCELLED', basis: 'assumed' },
  { about: 'orders', does: 'lists are newest first, 100 a page', basis: 'assumed' },
  { about: 'executions', does: 'since_execution_id gives those after it', basis: 'assumed' },
  { about: 'executions', does: 'an annulled one leaves the lists, and its order shrinks', basis: 'assumed' },
  { about: 'trading', does: 'buy when APPROVED; sell when APPROVED or DISABLED', basis: 'documented' },
  { about: 'markets', does: 'a closed side refuses IOC and FOK only', basis: 'documented' },
  {
    about: 'markets',
    does: 'start prices, the walk, the book around it; ticks of markets below 5 in price',
    basis: 'assumed',
    knob: 'priceStepMs',
  },
  {
    about: 'quotes',
    does: 'hold 30 s, new ones at most once a second, rounding of the other amount, 409 on a known ref_id',
    basis: 'documented',
    knob: 'quoteLifeMs',
  },
  { about: 'quotes', does: '0.4 % from the mid price; more than 50,000 is notional-value-too-large', basis: 'assumed' },
]
