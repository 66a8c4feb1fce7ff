import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'

/** A program of the bench in a separate process, so that its event loop and the measured one do not share time. */
export interface Program<Question, Ready> {
  pid: number
  /** Its message when it was ready. */
  ready: Ready
  /** Sends one question at a time. Rejects with the program's error, or when the program ends. */
  ask<Answer>(question: Question): Promise<Answer>
  stop(): Promise<void>
}

type Message<Value> = { value: Value } | { error: string }

/**
 * Starts `bench/support/<name>-process.ts` and waits until it is ready. Its settings are passed as JSON. `profileDirectory`: the folder for
 * its CPU profile, written when it stops.
 */
export async function startProgram<Question, Ready = null>(
  name: string,
  settings: object = {},
  { profileDirectory }: { profileDirectory?: string | undefined } = {},
): Promise<Program<Question, Ready>> {
  const execArgv = profileDirectory === undefined ? [] : profileArguments(profileDirectory, name)
  const child = fork(join(import.meta.dirname, `${name}-process.ts`), [JSON.stringify(settings)], { execArgv })
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the bench's ${name} process ended (${code ?? signal})`)
  })
  ended.catch(() => {}) // the caller that asks gets the error
  const answer = async <Value>(): Promise<Value> => {
    const message = await Promise.race([nextMessage<Value>(child), ended])
    if ('error' in message) throw new Error(`${name}: ${message.error}`)
    return message.value
  }
  return {
    ready: await answer<Ready>(),
    pid: child.pid!,
    ask: <Answer>(question: Question) => {
      const answered = answer<Answer>()
      child.send(question as object)
      return answered
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.disconnect()
      await ended.catch(() => {})
    },
  }
}

export function profileArguments(directory: string, name: string): string[] {
  return ['--cpu-prof', `--cpu-prof-dir=${directory}`, `--cpu-prof-name=${name}.${randomUUID().slice(0, 4)}.cpuprofile`]
}

async function nextMessage<Value>(child: ChildProcess): Promise<Message<Value>> {
  const [message] = await once(child, 'message')
  return message as Message<Value> // sent by `runProgram`
}

/** The other end: `open` starts the program with its settings, and returns its answers to questions and how to close it. */
export async function runProgram<Settings, Question, Ready>(
  open: (settings: Settings) => Promise<{ ready: Ready; answer: (question: Question) => unknown; close: () => Promise<void> }>,
): Promise<void> {
  const send = (message: Message<unknown>): void => void process.send?.(message)
  const refuse = (error: unknown): void => send({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  try {
    const { ready, answer, close } = await open(JSON.parse(process.argv[2] ?? '{}') as Settings) // given by `startProgram`
    process.on('message', async (question: Question) => {
      try {
        send({ value: (await answer(question)) ?? null })
      } catch (error) {
        refuse(error)
      }
    })
    process.on('disconnect', () => void close().then(() => process.exit(0)))
    process.on('SIGINT', () => {}) // Ctrl-C reaches the whole group: the parent decides
    send({ value: ready })
  } catch (error) {
    refuse(error)
    process.disconnect?.()
  }
}
