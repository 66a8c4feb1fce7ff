import type { RunningRole } from '../compose/running-role.ts'
import { startEventLoopWatchdog } from '../platform/event-loop-watchdog.ts'
import type { Logger } from '../platform/logger.ts'
import { keepServingOnBrokenPipe } from './broken-pipe.ts'

/** How long roles may take to finish what is in hand before the process leaves anyway. */
const SHUTDOWN_MS = 25_000
/** How long the event loop of a role may stand still: nothing that Gatehouse does keeps it for a second. */
const STANDSTILL_MS = 30_000

/** Runs until SIGINT or SIGTERM, then closes in reverse order of opening; a second signal leaves at once. */
export async function runUntilStopped(
  logger: Logger,
  opened: readonly Pick<RunningRole, 'close'>[],
  { say = (text) => logger.info(text) }: { say?: (text: string) => void } = {},
): Promise<void> {
  keepServingOnBrokenPipe()
  const stopWatchdog = startEventLoopWatchdog({ limitMs: STANDSTILL_MS, logger })
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve(name))
    process.once('disconnect', () => resolve('the end of gatehouse start')) // the parent wants it, or is gone
  })
  say(`${signal}: finishing what is under way`)
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => process.exit(1))
  setTimeout(() => {
    logger.error('not everything has finished in time; leaving (nothing is lost: the inbox has it)')
    process.exit(1)
  }, SHUTDOWN_MS).unref()
  for (const part of opened.toReversed()) await part.close()
  await stopWatchdog()
  say('Gatehouse has ended.')
}
