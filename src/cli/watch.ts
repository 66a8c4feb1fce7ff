import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { utcTime } from '../operate/say/say-time.ts'
import { errorMessage } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type OpenUseCases, parseCount } from './command-input.ts'
import { type Print, printFirst, print as toStdout } from './print.ts'
import { withItsCommands } from './with-its-commands.ts'

const WATCHED: ReadonlySet<string> = new Set(['list', 'show'])
const EVERY_SECONDS = 2
/** Moves to the first line and clears the screen. */
export const CLEAR = '\x1b[H\x1b[2J'

/** Adds `--watch` and `--every` to every `list` and `show` of the program. */
export function offerWatch(program: Command): void {
  for (const command of withItsCommands(program)) {
    if (!WATCHED.has(command.name())) continue
    command
      .option('--watch', 'print it again and again, until Ctrl-C or until the reader closes the pipe')
      .option('--every <seconds>', 'with --watch: how often to read again', parseCount(3_600), EVERY_SECONDS)
  }
}

export interface Watch {
  /** Opens the use cases for a command: once for all pictures of a watched one. */
  open: OpenUseCases
  /** Runs the program once, or again and again with `--watch`. Rejects when the first run fails. */
  run(program: Command, args: readonly string[]): Promise<void>
}

interface WatchParts {
  open: OpenUseCases
  /** A terminal is cleared before each picture; a pipe gets one picture after another. */
  isTerminal: boolean
  /** Puts this text before the next line that is printed; empty: nothing. */
  first?: (text: string) => void
  print?: Print
  /** Aborted by Ctrl-C: the watch ends after the present picture. */
  stopping?: AbortController
  now?: () => number
}

/** The one mechanism of `--watch`: the command itself does not know that it is watched. */
export function createWatch({
  open,
  isTerminal,
  first = printFirst,
  print = toStdout,
  stopping = new AbortController(),
  now = Date.now,
}: WatchParts): Watch {
  let every: number | null = null
  let kept: ReturnType<OpenUseCases> | null = null
  const openOnce: OpenUseCases = async () => {
    if (every === null) return open()
    kept ??= open()
    const { useCases } = await kept.catch((error: unknown) => {
      kept = null // the next picture tries again
      throw error
    })
    return { useCases, close: () => Promise.resolve() }
  }
  const begin = (command: Command): void => {
    const { watch, every: seconds, json } = command.opts<{ watch?: boolean; every?: number; json?: boolean }>()
    if (!watch) return
    if (every === null) process.once('SIGINT', () => stopping.abort())
    every = seconds ?? EVERY_SECONDS
    const head = json ? '' : `${utcTime(new Date(now()))}, every ${every} s\n\n`
    first(`${isTerminal ? CLEAR : ''}${head}`)
  }
  const run: Watch['run'] = async (program, args) => {
    program.hook('preAction', (_program, command) => begin(command))
    try {
      await program.parseAsync(args, { from: 'user' })
      while (every !== null && (await wait(every, stopping.signal)))
        await again(() => program.parseAsync(args, { from: 'user' }), { first, print })
    } finally {
      if (kept !== null) await kept.then(({ close }) => close())
    }
  }
  return { open: openOnce, run }
}

/** False: the watch ends. */
async function wait(seconds: number, stopping: AbortSignal): Promise<boolean> {
  await sleep(seconds * 1_000, undefined, { signal: stopping }).catch(() => undefined)
  return !stopping.aborted
}

/** A picture that cannot be read says so below the last one, and the watch goes on: an old picture must not look current. */
async function again(picture: () => Promise<unknown>, { first, print }: { first: (text: string) => void; print: Print }): Promise<void> {
  try {
    await picture()
  } catch (error) {
    first('')
    print(`\nSTALE: ${errorMessage(error)} ${GATEHOUSE} tries again.`)
  }
}
