import { type DestinationStream, type Logger, type LoggerOptions as PinoOptions, pino, stdTimeFunctions } from 'pino'
import { loggable } from './loggable.ts'

export type { Logger }

export interface LoggerOptions {
  /** pino level name: trace, debug, info, warn, error, fatal, silent. */
  level: string
  /** Lines for people instead of JSON (pino-pretty): for a terminal, not for production. */
  pretty?: boolean
  /** Where the lines go; standard output by default. */
  destination?: DestinationStream
}

/**
 * A structured logger. Times are ISO 8601 UTC; personal data and secrets are replaced by `[redacted]`. It never throws: a value that cannot
 * be written is replaced by a text that says so, and a line that cannot be written is dropped.
 */
export function createLogger({ level, pretty = false, destination }: LoggerOptions): Logger {
  const options: PinoOptions = {
    level,
    timestamp: stdTimeFunctions.isoTime,
    base: null,
    serializers: { err: loggable }, // for an error that is logged alone; `writeLine` copies what comes in an object
    hooks: { logMethod: writeLine },
  }
  const logger = pretty && !destination ? pino({ ...options, transport: PRETTY }) : destination ? pino(options, destination) : pino(options)
  const child = logger.child
  logger.child = function childOf(this: Logger, bindings: object, childOptions) {
    return child.call(this, fieldsOf(bindings), childOptions)
  } as typeof child // generic in custom levels, which are not used here
  return logger
}

const PRETTY = { target: 'pino-pretty', options: { ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' } }

type WriteLine = NonNullable<NonNullable<PinoOptions['hooks']>['logMethod']>

/** No diagnostic may stop the work that it is about, so nothing that goes wrong here reaches the caller. */
const writeLine: WriteLine = function writeLine(args, method) {
  try {
    const [first, ...rest] = args as unknown[]
    const subject = typeof first === 'object' && first !== null ? subjectOf(first) : loggable(first)
    method.apply(this, [subject, ...rest.map(loggable)] as Parameters<typeof method>)
  } catch {
    // There is nowhere left to say it.
  }
}

/** An error goes on as it is, because pino takes its message for the line's. */
function subjectOf(given: object): object {
  try {
    if (given instanceof Error && typeof given.message === 'string') return given
  } catch {
    // A proxy, or a getter that throws: its copy says so.
  }
  return fieldsOf(given)
}

function fieldsOf(fields: object): Record<string, unknown> {
  const copied = loggable(fields)
  return typeof copied === 'object' && copied !== null ? (copied as Record<string, unknown>) : { unreadable: copied }
}
