import { Command } from 'commander'
import { beforeEach, describe, expect, it } from 'vitest'
import { registerClockCommands } from '../../src/cli/clock-commands.ts'
import type { OpenUseCases } from '../../src/cli/command-input.ts'
import { registerEventCommands } from '../../src/cli/event-commands.ts'
import { CLEAR, createWatch, offerWatch } from '../../src/cli/watch.ts'
import { withItsCommands } from '../../src/cli/with-its-commands.ts'
import type { OperatorUseCases } from '../../src/operate/use-cases.ts'

const NOW = Date.parse('2026-03-01T12:00:00Z')
const HEAD = '2026-03-01 12:00:00 UTC, every 1 s\n\n'
let stopping: AbortController
let written: string[]
let opened: number
let closed: number
beforeEach(() => {
  stopping = new AbortController()
  ;[written, opened, closed] = [[], 0, 0]
})

/** Runs `gatehouse event list …` over pages that `answer` gives, picture by picture. */
async function watching(
  args: readonly string[],
  answer: (picture: number) => Promise<{ items: []; nextCursor: null }>,
  isTerminal = false,
) {
  let pictures = 0
  const begins: string[] = []
  const listEvents = (): Promise<{ items: []; nextCursor: null }> => {
    pictures += 1
    return answer(pictures)
  }
  const close = async (): Promise<void> => {
    closed += 1
  }
  const open: OpenUseCases = async () => {
    opened += 1
    // Only these use cases are asked for.
    return { useCases: { listEvents } as unknown as OperatorUseCases, close }
  }
  const print = (text: string): void => {
    written.push(`${begins.at(-1) ?? ''}${text}`)
    begins.length = 0
  }
  const watch = createWatch({ ...{ open, isTerminal, print, stopping }, first: (text) => void begins.push(text), now: () => NOW })
  const program = new Command('gatehouse')
  registerEventCommands(program, watch.open, print)
  offerWatch(program)
  for (const command of withItsCommands(program)) command.exitOverride().configureOutput({ writeErr: () => {} })
  await watch.run(program, ['event', 'list', ...args])
}
const EMPTY = { items: [] as [], nextCursor: null }
const untilPicture = (last: number) => async (picture: number) => {
  if (picture === last) stopping.abort()
  return EMPTY
}

describe('--watch', () => {
  it('F17: prints the list again and again over one connection, until it is stopped', async () => {
    await watching(['--watch', '--every', '1'], untilPicture(3))
    expect(written).toHaveLength(3)
    expect(written.every((text) => text.startsWith(`${HEAD}No event matches.`))).toBe(true)
    expect([opened, closed]).toEqual([1, 1])
  })

  it('F17: clears a terminal before each picture, in the write of the picture', async () => {
    await watching(['--watch', '--every', '1'], untilPicture(2), true)
    expect(written.every((text) => text.startsWith(`${CLEAR}${HEAD}No event matches.`))).toBe(true)
  })

  it('F17: prints one JSON document after another without a head line', async () => {
    await watching(['--watch', '--every', '1', '--json'], untilPicture(2))
    expect(written.map((text) => JSON.parse(text))).toEqual([EMPTY, EMPTY])
  })

  it('F17: says below the last picture that a read failed, and goes on', async () => {
    await watching(['--watch', '--every', '1'], async (picture) => {
      if (picture === 2) throw new Error('Postgres is away.')
      return untilPicture(3)(picture)
    })
    expect(written).toEqual([
      expect.stringContaining('No event'),
      expect.stringContaining('STALE: Postgres is away.'),
      expect.stringContaining('No event'),
    ])
    expect([opened, closed]).toEqual([1, 1])
  })

  it('F17: rejects when the first read fails, and closes', async () => {
    await expect(watching(['--watch'], () => Promise.reject(new Error('away')))).rejects.toThrow('away')
    expect([opened, closed]).toEqual([1, 1])
  })

  it('F17: without it a command runs once', async () => {
    await watching([], async () => EMPTY)
    expect([written.length, opened, closed]).toEqual([1, 1, 1])
    expect(written[0]).toMatch(/^No event/)
  })

  it('F17: is an option of every list and show', () => {
    const program = new Command('gatehouse')
    const open = () => Promise.reject(new Error('not opened'))
    registerEventCommands(program, open)
    registerClockCommands(program, open)
    offerWatch(program)
    const offered = withItsCommands(program).filter(({ options }) => options.some(({ long }) => long === '--watch'))
    expect(offered.map((command) => `${command.parent?.name()} ${command.name()}`)).toEqual(['event list', 'event show', 'clock list'])
  })
})
