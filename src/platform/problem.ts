/** An RFC 9457 problem document: the body of every refusal by a Gatehouse server. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  /** The stable code of docs/errors.md. */
  code: string
  /** The wrong fields and why they are wrong; present on 400. */
  errors?: { field: string; message: string; suggestion?: string }[]
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/**
 * Thrown by a route to refuse a request. It becomes an `application/problem+json` answer; `retryAfterSeconds` becomes the header
 * `Retry-After`. The detail tells the caller what is wrong and the remedy, and repeats no secret.
 */
export class HttpProblem extends Error {
  readonly status: number
  readonly code: string
  readonly errors: Problem['errors']
  readonly retryAfterSeconds: number | undefined
  /** Further headers of the answer, such as `allow`. */
  readonly headers: Readonly<Record<string, string>>
  constructor(
    status: number,
    code: string,
    detail: string,
    extra: { errors?: Problem['errors']; retryAfterSeconds?: number; headers?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(shortened(detail, MOST_DETAIL), extra.cause === undefined ? undefined : { cause: extra.cause })
    this.name = 'HttpProblem'
    this.status = status
    this.code = code
    this.errors = extra.errors && bounded(extra.errors)
    this.retryAfterSeconds = extra.retryAfterSeconds
    this.headers = extra.headers ?? {}
  }

  toJSON(): Problem {
    return {
      type: 'about:blank',
      title: TITLES[this.status] ?? 'Error',
      status: this.status,
      detail: this.message,
      code: this.code,
      ...(this.errors ? { errors: this.errors } : {}),
    }
  }
}

/** Limits the answer: a body full of wrong fields must not produce an answer many times its size. */
const MOST_ERRORS = 50
const MOST_DETAIL = 2_000
const MOST_FIELD = 200

function bounded(errors: NonNullable<Problem['errors']>): NonNullable<Problem['errors']> {
  const told = errors.slice(0, MOST_ERRORS).map(({ field, message, suggestion }) => ({
    ...(suggestion === undefined ? {} : { suggestion: shortened(suggestion, MOST_DETAIL) }),
    field: shortened(field, MOST_FIELD),
    message: shortened(message, MOST_DETAIL),
  }))
  return errors.length > MOST_ERRORS ? [...told, { field: '(more)', message: `${errors.length - MOST_ERRORS} further errors` }] : told
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text
}
