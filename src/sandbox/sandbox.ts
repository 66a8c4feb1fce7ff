import { Registry } from 'prom-client'
import { createHttpServer, listen } from '../platform/http-server.ts'
import type { Logger } from '../platform/logger.ts'
import { paxosApi } from './api/paxos-api.ts'
import { RateLimits } from './api/rate-limits.ts'
import { DOCUMENTED_SCOPES } from './api/scopes.ts'
import { type SandboxClient, TokenStore } from './api/token-store.ts'
import { controlRoutes } from './control/control-routes.ts'
import { FaultBook } from './control/fault-book.ts'
import { resetSandbox } from './control/reset-sandbox.ts'
import { RuleBook } from './control/rule-book.ts'
import { type SandboxSettings, type SandboxSettingsInput, SettingsSchema } from './control/sandbox-settings.ts'
import { StoryLog } from './control/story-log.ts'
import { Exchange } from './exchange/exchange.ts'
import { ExecutionStore } from './exchange/execution-store.ts'
import { MarketPrices } from './exchange/market-prices.ts'
import { MarketStatus } from './exchange/market-status.ts'
import { OrderStore } from './exchange/order-store.ts'
import { QuoteExecutions } from './exchange/quote-executions.ts'
import { Quotes } from './exchange/quotes.ts'
import { StateKeeper } from './keeping/state-keeper.ts'
import { BalanceBook } from './money/balance-book.ts'
import { TransferDesk } from './money/transfer-desk.ts'
import { TransferStore } from './money/transfer-store.ts'
import type { SandboxState } from './sandbox-state.ts'
import { WebhookSender } from './webhooks/webhook-sender.ts'
import type { WebhookTarget } from './webhooks/webhook-target.ts'
import { AccountStore } from './world/account-store.ts'
import { DecisionEngine } from './world/decision-engine.ts'
import { EventStore, type StoredEvent } from './world/event-store.ts'
import { IdentityStore } from './world/identity-store.ts'
import { KycRefreshes } from './world/kyc-refresh.ts'
import { NanoClock } from './world/nano-clock.ts'
import { type Population, populate } from './world/populate.ts'
import { SeededRandom } from './world/seeded-random.ts'

/** Time limit for the upload of a document, milliseconds. Any other call has 10 s. */
const LONGEST_UPLOAD_MS = 300_000
/** Largest body of a call; uploads have their own limit. */
const BODY_LIMIT_BYTES = 1_000_000

export interface SandboxOptions extends SandboxSettingsInput {
  logger: Logger
  host: string
  /** 0: any free port. */
  port: number
  /** The port was configured: a taken one is an error. Otherwise a free one is used. */
  portAsked: boolean
  /** Same seed, same story: ids, delays, decisions, jitter (seeded-random.ts). */
  seed: number
  /** `null`: events are listed and not delivered. */
  webhook: WebhookTarget | null
  /** The file that keeps the world over a restart. Without it the world is only in memory. */
  stateFile?: string | null
  /** By default one client `sandbox` with the secret `sandbox` and every scope. */
  clients?: readonly SandboxClient[]
}

/** A running simulator of Paxos. Tests in the same process may read its state. */
export interface Sandbox extends SandboxState {
  /** `http://host:port`, without `/v2`. */
  readonly url: string
  /** For `PAXOS_API_URL`: with `/v2`. */
  readonly apiUrl: string
  /** For `PAXOS_TOKEN_URL`. */
  readonly tokenUrl: string
  setWebhook(target: WebhookTarget | null): void
  /** Creates many decided identities at once, for load. Returns their events. */
  populate(population: Population): Promise<StoredEvent[]>
  close(): Promise<void>
}

/**
 * Starts a simulator of Paxos behind HTTP: token endpoint, identities with their decisions, documents, events, webhooks, accounts,
 * profiles, balances, orders, quotes and transfers. Under `/_sandbox` it has the control of its faults and its story (control-routes.ts).
 * @throws PORT_IN_USE; a ZodError for a setting out of range
 */
export async function createSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { logger, host, port, portAsked, seed, webhook, clients, stateFile = null, ...knobs } = options
  const initial = SettingsSchema.parse(knobs)
  const state = createState({
    settings: { ...initial },
    seed,
    clients: clients ?? [{ id: 'sandbox', secret: 'sandbox', scopes: DOCUMENTED_SCOPES }],
  })
  state.webhooks.setTarget(webhook)
  const keeper = stateFile === null ? null : new StateKeeper({ path: stateFile, state, logger })
  keeper?.restore()
  state.story.onTold((entry) => {
    if (entry.kind !== 'call' || !entry.operation.startsWith('GET ')) keeper?.touch()
  })
  const app = await createHttpServer({
    ...{ logger, bodyLimitBytes: BODY_LIMIT_BYTES, longRequestMs: LONGEST_UPLOAD_MS, metrics: new Registry(), readiness: [] },
  })
  // A restart must know what a caller was told.
  if (keeper) app.addHook('onSend', (request) => (request.method === 'GET' ? Promise.resolve() : keeper.settled()))
  await paxosApi(app, state)
  await app.register((control, _options, done) => {
    controlRoutes(control, { state, reset: (newSeed) => resetSandbox(state, { initial, seed: newSeed }) })
    done()
  })
  const url = await listen(app, { host, port, asked: portAsked, variable: 'SANDBOX_PORT' })
  return {
    ...state,
    url,
    apiUrl: `${url}/v2`,
    tokenUrl: `${url}/oauth2/token`,
    setWebhook: (target) => state.webhooks.setTarget(target),
    populate: (population) => populate(state, population),
    close: async () => {
      state.engine.clear()
      state.kycRefreshes.clear()
      state.exchange.clear()
      state.transferDesk.clear()
      state.quoteExecutions.stop()
      await state.webhooks.close()
      await app.close()
      await keeper?.close()
    },
  }
}

/** Everything that the simulator keeps in memory, built in the order in which the parts need each other. */
function createState({
  settings,
  seed,
  clients,
}: {
  settings: SandboxSettings
  seed: number
  clients: readonly SandboxClient[]
}): SandboxState {
  const random = new SeededRandom(seed)
  const clock = new NanoClock()
  const story = new StoryLog()
  const faults = new FaultBook({ random })
  const webhooks = new WebhookSender({ settings, random, story, faults })
  const balances = new BalanceBook()
  const prices = new MarketPrices({ settings, random })
  const marketStatus = new MarketStatus()
  const orders = new OrderStore()
  const executions = new ExecutionStore()
  const transfers = new TransferStore()
  const events = new EventStore({ random, clock, story, deliver: (event) => webhooks.deliver(event) })
  return {
    settings,
    random,
    clock,
    story,
    faults,
    rules: new RuleBook({ random }),
    clients,
    webhooks,
    events,
    limits: new RateLimits({ settings }),
    tokens: new TokenStore({ settings }),
    identities: new IdentityStore(),
    accounts: new AccountStore({ settings, random, clock, story }),
    balances,
    prices,
    marketStatus,
    orders,
    executions,
    quotes: new Quotes({ settings, random, prices }),
    quoteExecutions: new QuoteExecutions({ settings, random, clock, story, balances }),
    transfers,
    transferDesk: new TransferDesk({ settings, random, clock, story, events, balances, transfers }),
    exchange: new Exchange({ settings, random, clock, story, balances, prices, orders, executions }),
    kycRefreshes: new KycRefreshes({ settings, events }),
    engine: new DecisionEngine({ settings, random, clock, story, events }),
  }
}
