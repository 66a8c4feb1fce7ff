import type { Command } from 'commander'

/** The command, and all commands below it. */
export function withItsCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withItsCommands)]
}
