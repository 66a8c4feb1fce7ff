import { Command } from 'commander'
import type { OpenUseCases } from '../../src/cli/command-input.ts'
import type { Print } from '../../src/cli/print.ts'
import type { Operator } from './start-operator.ts'

type Register = (program: Command, open: OpenUseCases, print: Print) => void

/** Runs `gatehouse …` in this process, and returns its output. The use cases that the command needs are enough. Rejects when the command does. */
export async function runCommand(
  operator: { useCases: Partial<Operator['useCases']> },
  register: Register,
  args: readonly string[],
): Promise<string> {
  const printed: string[] = []
  const program = new Command('gatehouse')
  register(
    program,
    async () => ({ useCases: operator.useCases as Operator['useCases'], close: async () => undefined }),
    (text) => printed.push(text),
  )
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)])
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: (text) => printed.push(text) })
  await program.parseAsync(args, { from: 'user' })
  return printed.join('\n')
}
