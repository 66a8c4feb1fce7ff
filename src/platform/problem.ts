/** An RFC 9457 problem document, the body of every refusal that a Gatehouse server gives. */
export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  /** The stable code of docs/errors.md. */
  code: string
  /** Which field is wrong, and why: present on 400. */
  errors?: { field: string; message: string }[]
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
 * Thrown by a route to refuse a request. Becomes an `application/problem+json` answer; `retryAfterSeconds` becomes the
 * `Retry-After` header. The detail is for the caller: it says what is wrong and how to mend it, and repeats no secret.
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
    super(detail, extra.cause === undefined ? undefined : { cause: extra.cause })
    this.name = 'HttpProblem'
    this.status = status
    this.code = code
    this.errors = extra.errors
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
