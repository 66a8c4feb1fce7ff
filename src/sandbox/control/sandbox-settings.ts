import { z } from 'zod'
import { DECISIONS } from '../world/decision.ts'

/** 11 days: a timer of Node holds about twice that at most. */
const ms = z.number().min(0).max(1_000_000_000)
const perSecond = z.number().positive()

const Policy = z.union([
  z.enum(DECISIONS),
  z
    .partialRecord(z.enum(DECISIONS), z.number().min(0))
    .refine((weights) => Object.values(weights).some((weight) => weight > 0), 'needs one weight above 0'),
])

/** Settings that may change while the simulator runs. Units are in the names. Unknown names and values are refused. */
export const SettingsSchema = z.strictObject({
  /** Mean time from creation (or from the last document) to the decision. The seed varies it by up to half. */
  decisionDelayMs: ms.default(300),
  /** The decision without `metadata.sandbox_decision`. Institutions always wait for a person (paxos/api.md 4.5). */
  defaultDecision: Policy.default('approve'),
  /** Delay from a call of sandbox-status to the new status: a moment, according to a client of the real sandbox (paxos/api.md 4.9). */
  sandboxStatusLagMs: ms.default(0),
  /** 403 for an account of an identity that is not APPROVED; not documented, so off (paxos/api.md 5.1). */
  strictAccounts: z.boolean().default(false),
  /** The answer to a second account with a known `ref_id`: 409 with or without `meta.existing`, or 200 with the existing account. */
  accountConflict: z.enum(['conflict', 'conflict-bare', 'return-existing']).default('conflict'),
  /** When an account created with `create_profile` shows its `profile_id`: not documented (paxos/api.md 5.1). */
  profileIdArrives: z.enum(['at-once', 'late', 'never']).default('at-once'),
  /** Delay for `late`. */
  profileIdDelayMs: ms.default(500),
  /** Whether the limits of paxos/api.md 1.5 apply: averages over five minutes, each with a five-minute lock-out of the whole IP. */
  enforceLimits: z.boolean().default(false),
  limitsPerSecond: z
    .strictObject({
      token: perSecond.default(1),
      identity: perSecond.default(10),
      general: perSecond.default(50),
      quoteExecutions: perSecond.default(10),
      orderBook: perSecond.default(10),
      internalTransfers: perSecond.default(20),
    })
    .prefault({}),
  /** Lifetime of an access token, also in `expires_in`. */
  tokenTtlSeconds: z.number().int().positive().default(3599),
  /** Attempts per second, first tries and retries together. Paxos: 1 to 100, default 10. */
  webhookRatePerSecond: perSecond.default(100),
  webhookTimeoutMs: ms.positive().default(10_000),
  /** Wait before the first retry. Each further wait is twice as long, up to an hour (assumed), jittered. */
  retryFirstMs: ms.default(5_000),
  /** Time from the first attempt after which nothing is retried (paxos/api.md 2.5). */
  horizonMs: ms.default(24 * 3_600_000),
  /** Delay from an order's acceptance to its matching, and between the parts of a partial fill. */
  fillDelayMs: ms.default(20),
  /** Fewest executions of a filled order. */
  fillParts: z.number().int().min(1).max(100).default(1),
  /** Delay from a requested cancellation to the cancelled order: a fill may come first. */
  cancelDelayMs: ms.default(20),
  /** Share of each execution's gross amount, on top of a buy and taken from a sale (assumed). */
  commissionRate: z
    .string()
    .regex(/^0(\.\d{1,6})?$/, 'must be a decimal from 0 to 0.999999, as a text')
    .default('0.0035'),
  /** Time between two steps of a market's price; 0: the price stands still until a control call moves it. */
  priceStepMs: ms.default(1_000),
  /** Largest step, in hundredths of a percent. */
  priceStepBasisPoints: z.number().min(0).max(1_000).default(4),
  /** How long a quote holds (documented: 30 s). */
  quoteLifeMs: ms.default(30_000),
  /** `false`: quotes are answered 503 `quotes disabled`. */
  quotesEnabled: z.boolean().default(true),
  /** Delay from the execution of a quote to its settlement (documented: usually within 100 ms). */
  settleDelayMs: ms.default(100),
  /** Duration of a sandbox wire (documented: about a minute). */
  wireDelayMs: ms.default(2_000),
  /** Fee of each wire (documented by example: 30 USD). */
  wireFee: z
    .string()
    .regex(/^\d+(\.\d{1,2})?$/, 'must be a decimal with at most two places, as a text')
    .default('30'),
  transferDelayMs: ms.default(20),
  /** How a deposit that the bank takes back appears: not documented. */
  lateReturnAs: z.enum(['new-transfer', 'failed']).default('new-transfer'),
  /** Age of the prices that are shown, while orders are matched at the current ones. */
  stalePricesMs: ms.default(0),
  /** How long a closed order keeps its `ref_id` (documented: 24 h), divided by `timeScale`. 0 forgets idempotency. */
  refIdMemoryMs: ms.default(24 * 3_600_000),
  /** Share of the executions that the lists lack, while the orders show the right figures. */
  hiddenExecutions: z.number().min(0).max(1).default(0),
  /** Whether orders of the amounts in magic-amounts.ts do what is written there. */
  magicAmounts: z.boolean().default(true),
  /** Divides the waits of retries, their horizon, and the five minutes of the limits, so that a day fits into a test. */
  timeScale: z.number().positive().default(1),
})

export type SandboxSettings = z.output<typeof SettingsSchema>
export type SandboxSettingsInput = z.input<typeof SettingsSchema>
