/** The simulator in a separate process: the same upstream for every side of the bench of orders. Its prices do not change. */
import { createLogger } from '../../src/platform/logger.ts'
import { DOCUMENTED_SCOPES } from '../../src/sandbox/api/scopes.ts'
import { createSandbox } from '../../src/sandbox/sandbox.ts'
import { API_KEY, API_KEY_HEADER } from './load.ts'
import { runProgram } from './program.ts'

export type SimulatorQuestion = { customers: number; webhookUrl: string | null } | 'orders'

/** A customer of the simulator with an account. */
export interface SimulatedCustomer {
  identityId: string
  accountId: string
  profileId: string
}

export interface SimulatorUrls {
  apiUrl: string
  tokenUrl: string
}

await runProgram<object, SimulatorQuestion, SimulatorUrls>(async () => {
  const sandbox = await createSandbox({
    ...{ logger: createLogger({ level: 'silent' }), host: '127.0.0.1', port: 0, portAsked: true, seed: 1, webhook: null },
    ...{ priceStepMs: 0, webhookRatePerSecond: 1_000, magicAmounts: false },
    clients: [{ id: 'bench', secret: 'bench', scopes: DOCUMENTED_SCOPES }],
  })
  const customers = (): SimulatedCustomer[] =>
    sandbox.story
      .of('account-created')
      .map(({ identityId, accountId, profileId }) => ({ identityId, accountId, profileId: profileId ?? '' }))
  return {
    ready: { apiUrl: sandbox.apiUrl, tokenUrl: sandbox.tokenUrl },
    answer: async (question) => {
      if (question === 'orders') {
        const made = sandbox.story.of('order-created')
        return { orders: made.length, refIds: new Set(made.map(({ refId }) => refId)).size, customers: customers() }
      }
      const { customers: count, webhookUrl } = question
      const auth = { kind: 'api-key', header: API_KEY_HEADER, key: API_KEY } as const
      if (webhookUrl) sandbox.setWebhook({ url: `${webhookUrl}/webhooks/paxos`, auth })
      const deliver = webhookUrl !== null
      return (await sandbox.populate({ count, refIdPrefix: 'bench-', decision: 'approve', deliver })).map(({ identityId }) => identityId)
    },
    close: () => sandbox.close(),
  }
})
