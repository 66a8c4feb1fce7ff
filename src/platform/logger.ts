import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino'

export type { Logger }

/**
 * Keys that hold personal data or a secret wherever they turn up in a logged object. The first defence is not to log such
 * objects at all; this is the second.
 */
const REDACTED_KEYS = [
  'authorization',
  'cookie',
  'x-api-key',
  'password',
  'secret',
  'client_secret',
  'access_token',
  'token',
  'person_details',
  'institution_details',
  'customer_due_diligence',
  'tax_details',
  'first_name',
  'last_name',
  'middle_name',
  'date_of_birth',
  'address',
  'cip_id',
  'tax_payer_id',
  'email',
  'phone_number',
] as const

const REDACTED_PATHS = REDACTED_KEYS.flatMap((key) => {
  const path = key.includes('-') ? `["${key}"]` : key
  return [path, ...['*', '*.*', '*.*.*'].map((depth) => (key.includes('-') ? `${depth}${path}` : `${depth}.${path}`))]
})

export interface LoggerOptions {
  /** pino level name: trace, debug, info, warn, error, fatal, silent. */
  level: string
  /** Human lines instead of JSON (pino-pretty): for a terminal, not for production. */
  pretty?: boolean
  /** Where the lines go; standard output by default. */
  destination?: DestinationStream
}

/** A structured logger. Times are ISO 8601 UTC; personal data and secrets are replaced by `[redacted]`. */
export function createLogger({ level, pretty = false, destination }: LoggerOptions): Logger {
  const options = {
    level,
    timestamp: stdTimeFunctions.isoTime,
    base: null,
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
  }
  if (pretty && !destination) {
    return pino({ ...options, transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' } } })
  }
  return destination ? pino(options, destination) : pino(options)
}
