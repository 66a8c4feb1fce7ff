import { z } from 'zod'
import { DECISIONS } from '../world/decision.ts'

/** Eleven days: a timer of Node holds no more than about twice that. */
const ms = z.number().min(0).max(1_000_000_000)
const perSecond = z.number().positive()

const Policy = z.union([
  z.enum(DECISIONS),
  z
    .partialRecord(z.enum(DECISIONS), z.number().min(0))
    .refine((weights) => Object.values(weights).some((weight) => weight > 0), 'needs one weight above 0'),
])

/** The knobs that may be turned while the simulator runs; units are in the names. Unknown names and values are refused. */
export const SettingsSchema = z.strictObject({
  /** Mean time from creation (or from the last document) to the decision; the seed spreads it by half either way. */
  decisionDelayMs: ms.default(300),
  /** What is decided where `metadata.sandbox_decision` says nothing. Institutions wait for a person whatever it says (paxos/api.md 4.5). */
  defaultDecision: Policy.default('approve'),
  /** How long after a call of sandbox-status the status follows: a moment, says a client of the real sandbox (paxos/api.md 4.9). */
  sandboxStatusLagMs: ms.default(0),
  /** 403 for an account of an identity that is not APPROVED; not documented, so off (paxos/api.md 5.1). */
  strictAccounts: z.boolean().default(false),
  /** What a second account with a known `ref_id` leads to: 409 with or without `meta.existing`, or 200 and the existing account. */
  accountConflict: z.enum(['conflict', 'conflict-bare', 'return-existing']).default('conflict'),
  /** When an account created with `create_profile` shows its `profile_id`: not documented (paxos/api.md 5.1). */
  profileIdArrives: z.enum(['at-once', 'late', 'never']).default('at-once'),
  /** How late `late` is. */
  profileIdDelayMs: ms.default(500),
  /** The limits of paxos/api.md 1.5, averaged over five minutes, each with its five-minute lock-out of the whole IP. */
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
  /** Lifetime of an access token, as `expires_in` says it. */
  tokenTtlSeconds: z.number().int().positive().default(3599),
  /** Attempts per second, first tries and retries together. Paxos: 1 to 100, default 10. */
  webhookRatePerSecond: perSecond.default(100),
  webhookTimeoutMs: ms.positive().default(10_000),
  /** Wait before the first retry; then twice as long each time, up to an hour (assumed), jittered. */
  retryFirstMs: ms.default(5_000),
  /** From the first attempt on; nothing is retried beyond (paxos/api.md 2.5). */
  horizonMs: ms.default(24 * 3_600_000),
  /** How long after an order was taken it is matched, and between the parts of a partial fill. */
  fillDelayMs: ms.default(20),
  /** In how many executions an order is filled at least. */
  fillParts: z.number().int().min(1).max(100).default(1),
  /** How long after a cancellation was requested it happens: a fill may come first. */
  cancelDelayMs: ms.default(20),
  /** Share of each execution's gross amount, on top of a buy and taken from a sale (assumed). */
  commissionRate: z
    .string()
    .regex(/^0(\.\d{1,6})?$/, 'must be a decimal from 0 to 0.999999, as a text')
    .default('0.0035'),
  /** How often the price of a market takes a step; 0: it stands still until a control call moves it. */
  priceStepMs: ms.default(1_000),
  /** How far one step goes at most, in hundredths of a percent. */
  priceStepBasisPoints: z.number().min(0).max(1_000).default(4),
  /** How long a quote holds (documented: 30 s). */
  quoteLifeMs: ms.default(30_000),
  /** `false`: quotes are answered 503 `quotes disabled`. */
  quotesEnabled: z.boolean().default(true),
  /** From the execution of a quote to its settlement (documented: usually within 100 ms). */
  settleDelayMs: ms.default(100),
  /** How long a sandbox wire takes (documented: about a minute). */
  wireDelayMs: ms.default(2_000),
  /** Taken off each wire (documented by example: 30 USD). */
  wireFee: z
    .string()
    .regex(/^\d+(\.\d{1,2})?$/, 'must be a decimal with at most two places, as a text')
    .default('30'),
  transferDelayMs: ms.default(20),
  /** How a deposit that the bank takes back is shown: not documented. */
  lateReturnAs: z.enum(['new-transfer', 'failed']).default('new-transfer'),
  /** Prices are told as they were so long ago, while orders are matched at those of now. */
  stalePricesMs: ms.default(0),
  /** How long after its end an order keeps its `ref_id` (documented: 24 h); divided by `timeScale`. 0 forgets idempotency. */
  refIdMemoryMs: ms.default(24 * 3_600_000),
  /** This share of the executions is missing from the lists, while the orders tell the right figures. */
  hiddenExecutions: z.number().min(0).max(1).default(0),
  /** Orders of the amounts in magic-amounts.ts do what is written there. */
  magicAmounts: z.boolean().default(true),
  /** Divides the waits of retries, their horizon, and the five minutes of the limits, so that a day fits into a test. */
  timeScale: z.number().positive().default(1),
})

export type SandboxSettings = z.output<typeof SettingsSchema>
export type SandboxSettingsInput = z.input<typeof SettingsSchema>
