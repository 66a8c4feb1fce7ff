import { Command } from 'commander'
import type { OpenUseCases } from '../../src/cli/command-input.ts'
import type { Print } from '../../src/cli/print.ts'
import { withItsCommands } from '../../src/cli/with-its-commands.ts'
import { commandCaller } from '../../src/operate/access/command-caller.ts'
import { guardUseCases } from '../../src/operate/access/guard-use-cases.ts'
import type { Operator } from './start-operator.ts'

type Register = (program: Command, open: OpenUseCases, print: Print) => void

/** Runs `gatehouse …` in this process, and returns its output. The use cases that the command needs are enough. Rejects when the command does. */
export async function runCommand(
  operator: { useCases: Partial<Operator['useCases']> },
  register: Register,
  args: readonly string[],
): Promise<string> {
  const printed: string[] = []
  // No operators, where a test gives no use case for them.
  const useCases = { findOperator: async () => null, ...operator.useCases } as Operator['useCases']
  const program = new Command('gatehouse')
  register(
    program,
    async () => ({ useCases: guardUseCases(useCases, commandCaller(useCases)), close: async () => undefined }),
    (text) => printed.push(text),
  )
  for (const command of withItsCommands(program))
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: (text) => printed.push(text) })
  await program.parseAsync(args, { from: 'user' })
  return printed.join('\n')
}
