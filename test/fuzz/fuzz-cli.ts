import { Command } from 'commander'
import { runFuzz } from './run-fuzz.ts'

interface Flags {
  receiver: string
  operator: string
  simulator?: string
  webhookKey: string
  operatorToken: string
  requests: string
  seed: string
}

const program = new Command('npm run fuzz --')
  .description(
    'Sends random requests to every route of an installation of your own, made from its OpenAPI documents. Never run it against production.',
  )
  .option('--receiver <url>', 'where it takes webhooks', 'http://127.0.0.1:8080')
  .option('--operator <url>', 'where its operator API is', 'http://127.0.0.1:8081')
  .option('--simulator <url>', 'where its simulator is; absent: left out')
  .requiredOption('--webhook-key <key>', 'a live webhook key')
  .requiredOption('--operator-token <token>', 'the operator token')
  .option('--requests <count>', 'how many', '1000000')
  .option('--seed <number>', 'the same seed gives the same requests', '1')
  .addHelpText('after', '\nExit codes: 0 no fault, 1 a fault, 2 wrong use.')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()

const { receiver, operator, simulator, webhookKey, operatorToken, requests, seed } = program.opts<Flags>()
const addresses = { receiverUrl: receiver, operatorUrl: operator, simulatorUrl: simulator ?? null, webhookKey, operatorToken }
const report = await runFuzz(addresses, { requests: Number(requests), seed: Number(seed) }, ({ requests: sent, seconds, faults }) => {
  if (sent % 20_000 === 0) console.log(`${sent} requests in ${seconds} s, ${faults.length} faults`)
})
console.log(JSON.stringify(report, null, 2))
process.exit(report.faults.length > 0 ? 1 : 0)
