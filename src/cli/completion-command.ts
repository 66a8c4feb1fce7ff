import { Argument, type Command } from 'commander'
import { type Print, print as toStdout } from './print.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

/** `completion <shell>`: a script that completes commands and options. */
export function registerCompletionCommand(program: Command, print: Print = toStdout): void {
  program
    .command('completion')
    .description('print a script that completes commands and options; source it in the start file of your shell')
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .action((shell: Shell) => print(shell === 'fish' ? fishScript(program) : shell === 'zsh' ? zshScript(program) : bashScript(program)))
}

const namesOf = ({ commands }: Command): string[] => commands.map((command) => command.name())
const optionsOf = ({ options }: Command): string[] => [...options.flatMap(({ long }) => (long ? [long] : [])), '--help']

/** One case per command: `event) words="list show" ;;`, `"event list") words="--state --json" ;;`. */
function cases(program: Command): string[] {
  return program.commands.flatMap((command) => [
    `    ${command.name()}) words="${[...namesOf(command), ...optionsOf(command)].join(' ')}" ;;`,
    ...command.commands.map((verb) => `    "${command.name()} ${verb.name()}") words="${optionsOf(verb).join(' ')}" ;;`),
  ])
}

function bashScript(program: Command): string {
  return `# gatehouse completion bash
_gatehouse() {
  local words="" path="\${COMP_WORDS[1]}"
  if [ "$COMP_CWORD" -gt 2 ]; then case "\${COMP_WORDS[2]}" in -*) ;; *) path="$path \${COMP_WORDS[2]}" ;; esac; fi
  if [ "$COMP_CWORD" -eq 1 ]; then words="${namesOf(program).join(' ')}"; else case "$path" in
${cases(program).join('\n')}
  esac; fi
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _gatehouse gatehouse ./gatehouse`
}

function zshScript(program: Command): string {
  return `# gatehouse completion zsh\nautoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bashScript(program)}`
}

function fishScript(program: Command): string {
  const lines = program.commands.flatMap((command) => {
    const name = command.name()
    const verbs = namesOf(command)
    const without = verbs.length > 0 ? `; and not __fish_seen_subcommand_from ${verbs.join(' ')}` : ''
    return [
      fishLine('__fish_use_subcommand', `-a ${name}`, command.description()),
      ...command.commands.map((verb) => fishLine(`__fish_seen_subcommand_from ${name}${without}`, `-a ${verb.name()}`, verb.description())),
      ...command.commands.flatMap((verb) =>
        fishOptions(`__fish_seen_subcommand_from ${name}; and __fish_seen_subcommand_from ${verb.name()}`, verb),
      ),
      ...(verbs.length === 0 ? fishOptions(`__fish_seen_subcommand_from ${name}`, command) : []),
    ]
  })
  return ['# gatehouse completion fish', ...lines].join('\n')
}

function fishOptions(when: string, command: Command): string[] {
  return command.options.flatMap(({ long, description }) => (long ? [fishLine(when, `-l ${long.slice(2)}`, description)] : []))
}

function fishLine(when: string, what: string, description: string): string {
  return `complete -c gatehouse -n '${when}' ${what} -d '${description.replaceAll(/['\\]/g, '')}'`
}
