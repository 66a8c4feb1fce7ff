import type { RunningRole } from '../compose/running-role.ts'
import { startEventLoopWatchdog } from '../platform/event-loop-watchdog.ts'
import type { Logger } from '../platform/logger.ts'
import { keepServingOnBrokenPipe } from './broken-pipe.ts'

/** Milliseconds that roles have to finish their work before the process exits anyway. */
const SHUTDOWN_MS = 25_000
/** Longest stall of a role's event loop, milliseconds. No work of Gatehouse blocks it for a second. */
const STANDSTILL_MS = 30_000

/** Runs until SIGINT or SIGTERM, then closes in reverse order of opening. A second signal exits immediately. */
export async function runUntilStopped(
  logger: Logger,
  opened: readonly Pick<RunningRole, 'close'>[],
  { say = (text) => logger.info(text) }: { say?: (text: string) => void } = {},
): Promise<void> {
  keepServingOnBrokenPipe()
  const stopWatchdog = startEventLoopWatchdog({ limitMs: STANDSTILL_MS, logger })
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve(name))
    process.once('disconnect', () => resolve('the end of gatehouse start')) // the parent asks for the end, or has died
  })
  say(`${signal}: finishing work in progress`)
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => process.exit(1))
  setTimeout(() => {
    logger.error('some work did not finish in time; exiting (no event is lost: the inbox holds them)')
    process.exit(1)
  }, SHUTDOWN_MS).unref()
  for (const part of opened.toReversed()) await part.close()
  await stopWatchdog()
  say('Gatehouse has stopped.')
}
