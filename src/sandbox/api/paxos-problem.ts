const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/** Prefix of the `type` of problems that have a name (paxos/api.md 1.4). */
const PROBLEM_TYPES = 'https://developer.paxos.com/docs/v2/problems/'

/** Problems with a name, as documented: status and title follow from it. */
const NAMED = {
  'insufficient-funds': { status: 403, title: 'Insufficient Funds' },
  expired: { status: 403, title: 'Expired' },
  rejected: { status: 403, title: 'Rejected' },
  'notional-value-too-large': { status: 403, title: 'Notional Value Too Large' },
  'market-conditions-prevented-execution': { status: 403, title: 'Market Conditions Prevented Execution' },
  'unavailable-market': { status: 403, title: 'Planned Market Outage' },
  'identity-verification-required': { status: 403, title: 'Identity Verification Required' },
  'minimum-commission-exceeds-notional': { status: 400, title: 'Order notional value must exceed minimum commission' },
  'exceed-precision': { status: 400, title: 'Exceeds Maximum Precision Allowed' },
} as const

/** Thrown by a simulated operation to refuse a call. `body` is what the caller gets. It never holds personal data. */
export class PaxosProblem extends Error {
  readonly status: number
  readonly body: object
  readonly headers: Readonly<Record<string, string>>

  constructor({ status, body, headers = {} }: { status: number; body: object; headers?: Readonly<Record<string, string>> }) {
    super(`${status}`)
    this.name = 'PaxosProblem'
    this.status = status
    this.body = body
    this.headers = headers
  }
}

/** Thrown by an operation that acted when its answer must be lost: the connection is closed. */
export class LostAnswer extends Error {
  override readonly name = 'LostAnswer'
}

/** A generic problem (`about:blank`). Without `detail` it has the form of the documented 404 of Get Event. */
export function problem(status: number, detail?: string): PaxosProblem {
  const title = TITLES[status] ?? 'Error'
  return new PaxosProblem({ status, body: { type: 'about:blank', title, status, ...(detail === undefined ? {} : { detail }) } })
}

/** A named problem (paxos/api.md 1.4). */
export function namedProblem(slug: keyof typeof NAMED, detail: string, meta?: Readonly<Record<string, string>>): PaxosProblem {
  const { status, title } = NAMED[slug]
  return new PaxosProblem({ status, body: { type: `${PROBLEM_TYPES}${slug}`, title, status, detail, ...(meta ? { meta } : {}) } })
}

/** 409 `already-exists`; `existing` goes into `meta` unless it is null. */
export function alreadyExists(detail: string, existing: object | null): PaxosProblem {
  const body = { type: `${PROBLEM_TYPES}already-exists`, title: 'Already Exists', status: 409, detail }
  return new PaxosProblem({ status: 409, body: existing ? { ...body, meta: { existing } } : body })
}

/** An error of the token endpoint: RFC 6749 5.2 (assumed of Paxos, paxos/api.md 1.2). */
export function oauthProblem(status: 400 | 401, error: string, description: string): PaxosProblem {
  return new PaxosProblem({
    status,
    body: { error, error_description: description },
    headers: status === 401 ? { 'www-authenticate': 'Basic realm="oauth2"' } : {},
  })
}
