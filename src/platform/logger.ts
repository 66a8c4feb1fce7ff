import { type DestinationStream, type Logger, type LoggerOptions as PinoOptions, pino, stdTimeFunctions } from 'pino'
import { loggable } from './loggable.ts'

export type { Logger }

export interface LoggerOptions {
  /** pino level name: trace, debug, info, warn, error, fatal, silent. */
  level: string
  /** Readable lines (pino-pretty) instead of JSON: for a terminal, not for production. */
  pretty?: boolean
  /** Destination of the lines; standard output by default. */
  destination?: DestinationStream
}

/**
 * A structured logger. Times are ISO 8601 UTC. Personal data and secrets become `[redacted]`. It never throws: a value that cannot be
 * written becomes a text that says so, and a line that cannot be written is dropped.
 */
export function createLogger({ level, pretty = false, destination }: LoggerOptions): Logger {
  const options: PinoOptions = {
    level,
    timestamp: stdTimeFunctions.isoTime,
    base: null,
    serializers: { err: loggable }, // for an error that is logged alone; `writeLine` copies errors in objects
    hooks: { logMethod: writeLine },
  }
  const logger = pretty && !destination ? pino({ ...options, transport: PRETTY }) : destination ? pino(options, destination) : pino(options)
  const child = logger.child
  logger.child = function childOf(this: Logger, bindings: object, childOptions) {
    return child.call(this, fieldsOf(bindings), childOptions)
  } as typeof child // pino's type is generic in custom levels, which are not used here
  return logger
}

const PRETTY = { target: 'pino-pretty', options: { ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' } }

type WriteLine = NonNullable<NonNullable<PinoOptions['hooks']>['logMethod']>

/** No diagnostic may stop the work that it reports on, so no failure here reaches the caller. */
const writeLine: WriteLine = function writeLine(args, method) {
  try {
    const [first, ...rest] = args as unknown[]
    const subject = typeof first === 'object' && first !== null ? subjectOf(first) : loggable(first)
    method.apply(this, [subject, ...rest.map(loggable)] as Parameters<typeof method>)
  } catch {
    // The logger itself failed: no other place can report that.
  }
}

/** Passes an error on unchanged, because pino takes the line's message from it. */
function subjectOf(given: object): object {
  try {
    if (given instanceof Error && typeof given.message === 'string') return given
  } catch {
    // A proxy or a throwing getter: the copy says so.
  }
  return fieldsOf(given)
}

function fieldsOf(fields: object): Record<string, unknown> {
  const copied = loggable(fields)
  return typeof copied === 'object' && copied !== null ? (copied as Record<string, unknown>) : { unreadable: copied }
}
