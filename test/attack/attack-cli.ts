import { Command } from 'commander'
import { runAttacks } from './run-attacks.ts'

interface Flags {
  receiver: string
  operator: string
  webhookKey?: string
  operatorToken?: string
}

const program = new Command('npm run attack --')
  .description(
    'Attacks an installation of your own from outside and prints what held. It sends forged deliveries and wrong tokens: never run it against ' +
      'one that is not yours, nor against one in production.',
  )
  .option('--receiver <url>', 'where it takes webhooks', 'http://127.0.0.1:8080')
  .option('--operator <url>', 'where its operator API is', 'http://127.0.0.1:8081')
  .option('--webhook-key <key>', 'a live key, as if it had been stolen')
  .option('--operator-token <token>', 'the operator token, for what only the inside shows')
  .addHelpText('after', '\nExit codes: 0 everything held, 1 something broke, 2 wrong use.')
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()

const { receiver, operator, webhookKey, operatorToken } = program.opts<Flags>()
const results = await runAttacks(
  { receiverUrl: receiver, operatorUrl: operator, webhookKey, operatorToken },
  ({ name, stands, result, saw }) => console.log(`${result.padEnd(8)} ${name} (${stands}): ${saw}`),
)
const count = (result: string): number => results.filter((each) => each.result === result).length
console.log(`\n${count('held')} held, ${count('BROKEN')} broken, ${count('not run')} not run`)
process.exit(count('BROKEN') > 0 ? 1 : 0)
