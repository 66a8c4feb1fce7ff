import { randomInt } from 'node:crypto'
import type { Config } from '../config/load-config.ts'
import type { Logger } from '../platform/logger.ts'
import { createSandbox, type Sandbox } from '../sandbox/sandbox.ts'
import type { RunningRole } from './running-role.ts'

/**
 * Starts the Paxos simulator on its own port. It delivers to SANDBOX_WEBHOOK_URL, else to the receiver's default address. It keeps its
 * world in `stateFile`: a restart continues with the same customers and the seed in the file.
 */
export async function startSandbox({
  config,
  logger,
  webhookApiKey,
  stateFile,
}: {
  config: Config
  logger: Logger
  webhookApiKey: string
  stateFile: string
}): Promise<RunningRole & { sandbox: Sandbox; seed: number }> {
  const seed = config.sandbox.seed ?? randomInt(1, 2 ** 31)
  const target = config.sandbox.webhookUrl ?? `http://127.0.0.1:${config.receiver.port}/webhooks/paxos`
  const sandbox = await createSandbox({
    logger: logger.child({ role: 'sandbox' }),
    host: config.host,
    port: config.sandbox.port,
    portAsked: config.sandbox.asked,
    seed,
    stateFile,
    webhook: { url: target, auth: { kind: 'api-key', header: config.webhook.apiKeyHeader, key: webhookApiKey } },
  })
  return { name: 'sandbox', url: sandbox.url, close: () => sandbox.close(), sandbox, seed: sandbox.random.seed }
}
