/**
 * What the machine may do about a failure:
 * - `backoff`: try again later. Spends an attempt.
 * - `snooze`: try again later. Spends no attempt (an outage, a used-up budget, a lease of another process).
 * - `ask-first`: the outcome is unknown, so look it up before trying again. Spends no attempt and is counted apart: it may be an outage, or
 *   a request that the other side will never answer.
 * - `never`: a person must look.
 */
export type RetryClass = 'backoff' | 'snooze' | 'ask-first' | 'never'

/**
 * Base of every error that Gatehouse throws on purpose. `code` is stable, greppable and documented in docs/errors.md. The message says what
 * to do and holds neither personal data nor a secret.
 */
export abstract class AppError extends Error {
  abstract readonly code: string
  abstract readonly retry: RetryClass
  override get name(): string {
    return this.constructor.name
  }
}

/** The configuration is unusable. Names every bad variable at once, never a value. Exit code 2. */
export class ConfigError extends AppError {
  readonly code = 'CONFIG_INVALID'
  readonly retry = 'never'
  /** One sentence per bad variable, starting with its name. */
  readonly problems: readonly string[]
  constructor(problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

/** A command was called wrongly (a typo, a missing argument, a value out of range). Exit code 2. */
export class UsageError extends AppError {
  readonly code = 'USAGE'
  readonly retry = 'never'
  /** The wrong field or parameter and what is wrong with it; null when the error concerns no single field. */
  readonly wrong: { field: string; message: string } | null
  /** With `field`, `message` continues a sentence that begins with the field's name: `is not one that this list has given out`. */
  constructor(message: string, { field }: { field?: string } = {}) {
    super(field === undefined ? message : `${field}: ${message}`)
    this.wrong = field === undefined ? null : { field, message }
  }
}

/** A service that Gatehouse needs (Postgres, Redis) does not answer. The message says which, where, and what to do. */
export class ServiceUnavailableError extends AppError {
  readonly code = 'SERVICE_UNAVAILABLE'
  readonly retry = 'snooze'
}

/** Another process listens on the configured port. */
export class PortInUseError extends AppError {
  readonly code = 'PORT_IN_USE'
  readonly retry = 'never'
  constructor(options: { variable: string; host: string; port: number }) {
    super(
      `${options.variable}=${options.port}: something else listens on ${options.host}:${options.port}. ` +
        `Stop it, or set ${options.variable} to a free port.`,
    )
  }
}

/** The code of an error for a log line or a row: Gatehouse's, else the system's (`ECONNREFUSED`), else the class name. */
export function errorCode(error: unknown): string {
  if (error instanceof AppError) return error.code
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : 'UNKNOWN'
}

/** The message of any thrown value, also of one that is not an Error or cannot be turned into JSON. */
export function errorMessage(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(errorMessage).join('; ')
  if (error instanceof Error) return error.message || error.name
  try {
    return String(error)
  } catch {
    return 'something that cannot be printed was thrown'
  }
}
