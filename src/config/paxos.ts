import { z } from 'zod'
import { httpUrl, positive } from './value-schemas.ts'

/** The budget classes of calls to Paxos (src/paxos/transport/endpoint-class.ts): requests per second, averaged over five minutes. */
export const BUDGET_CLASSES = ['token', 'identity', 'quote', 'transfer', 'general', 'unproven'] as const
export type BudgetClass = (typeof BUDGET_CLASSES)[number]
/** Requests per second for each class; `null`: no limit of ours. */
export type BudgetLimits = Readonly<Record<BudgetClass, number | null>>

const DOCUMENTED: BudgetLimits = { token: 1, identity: 10, quote: 10, transfer: 20, general: 50, unproven: 5 }
/** Share of the general class for single reads of event ids that only a webhook has named. */
const UNPROVEN_SHARE = 0.1
const UNLIMITED: BudgetLimits = { token: null, identity: null, quote: null, transfer: null, general: null, unproven: null }
const BudgetOverrides = z.partialRecord(z.enum(BUDGET_CLASSES), z.number().positive().nullable())

/** Optional features, each with scopes of its own (src/paxos/transport/scopes.ts). Onboarding is always on. */
export const PAXOS_FEATURES = ['controls', 'balances', 'orders', 'quotes', 'transfers', 'deposit-instructions', 'sandbox-wires'] as const
export type PaxosFeature = (typeof PAXOS_FEATURES)[number]
/** A feature of Paxos's Sandbox alone. Beside Paxos it must be named; beside the simulator it is on. */
const SANDBOX_WIRES = 'sandbox-wires' satisfies PaxosFeature
/** What a look-up of a Sandbox wire needs besides. */
const NEEDED_BY_WIRES = ['transfers', 'deposit-instructions'] as const satisfies readonly PaxosFeature[]

/** Paxos's addresses, our credentials there, and limits and timeouts of calls. */
export const PAXOS = {
  PAXOS_API_URL: httpUrl.optional(),
  PAXOS_TOKEN_URL: httpUrl.optional(),
  PAXOS_CLIENT_ID: z.string().min(1).optional(),
  PAXOS_CLIENT_SECRET: z.string().min(1).optional(),
  PAXOS_BUDGET: z
    .string()
    .default('documented')
    .transform((text, context) => parseBudget(text, context)),
  PAXOS_ACCOUNTS_CLASS: z.enum(['identity', 'general'], 'must be identity or general').default('identity'),
  PAXOS_FEATURES: z
    .string()
    .transform((text, context) => parseFeatures(text, context))
    .optional(),
  PAXOS_TIMEOUT_MS: positive.max(20_000, 'must be at most 20000').default(10_000),
}

/** The limit for unproven reads is a share of the general limit and changes with it. */
function shareOf({ general }: Partial<BudgetLimits>): Partial<BudgetLimits> {
  if (general === undefined) return {}
  return { unproven: general === null ? null : general * UNPROVEN_SHARE }
}

function parseBudget(text: string, context: z.core.$RefinementCtx<string>): BudgetLimits {
  if (text === 'documented') return DOCUMENTED
  if (text === 'off') return UNLIMITED
  try {
    const asked = BudgetOverrides.parse(JSON.parse(text))
    return { ...DOCUMENTED, ...shareOf(asked), ...asked }
  } catch {
    context.addIssue(`must be documented, off, or JSON with requests per second for any of ${BUDGET_CLASSES.join(', ')} (null: no limit)`)
    return z.NEVER
  }
}

/** `none`: onboarding alone. */
function parseFeatures(text: string, context: z.core.$RefinementCtx<string>): readonly PaxosFeature[] {
  const names = text === 'none' ? [] : text.split(',').map((name) => name.trim())
  const known = PAXOS_FEATURES.filter((feature) => names.includes(feature))
  const lacking = known.includes(SANDBOX_WIRES) ? NEEDED_BY_WIRES.filter((feature) => !known.includes(feature)) : []
  if (lacking.length > 0) {
    context.addIssue(`names ${SANDBOX_WIRES}, which needs ${lacking.join(' and ')} too`)
    return z.NEVER
  }
  if (known.length === new Set(names).size) return known
  context.addIssue(`must be none, or a list of any of ${PAXOS_FEATURES.join(', ')}, with commas between them`)
  return z.NEVER
}

/** The features of an installation that names none. `besidePaxos`: the upstream is Paxos and not a simulator. */
export function defaultFeatures({ besidePaxos }: { besidePaxos: boolean }): readonly PaxosFeature[] {
  return PAXOS_FEATURES.filter((feature) => feature !== SANDBOX_WIRES || !besidePaxos)
}
