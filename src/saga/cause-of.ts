import { describeAttempt } from '../effects/describe-attempt.ts'
import type { FailureCause } from '../inbox/failure-cause.ts'
import { errorCode } from '../platform/app-error.ts'
import { failedEffectOf } from './failed-effect.ts'
import { EffectRefusedError } from './saga-errors.ts'

/** Gatehouse's own waits. They do not say why an event fails, so the event keeps its known cause. */
const OWN_WAITS: ReadonlySet<string> = new Set([
  'BUDGET_EXHAUSTED',
  'CHANGE_WAITS',
  'DEPOSIT_OUTCOME_OPEN',
  'EFFECT_IN_PROGRESS',
  'MEMBERS_OUTCOME_OPEN',
  'ONBOARDING_CONTENDED',
  'PAXOS_CIRCUIT_OPEN',
  'SERVICE_UNAVAILABLE',
  'WIRE_OUTCOME_OPEN',
])

/** Why an event failed; null for one of Gatehouse's own waits. For a refused effect the cause is the refusal. */
export function causeOf(error: unknown): FailureCause | null {
  if (OWN_WAITS.has(errorCode(error))) return null
  const refusal = error instanceof EffectRefusedError ? error.cause : undefined
  const { operation, status, problemType } = describeAttempt(refusal ?? error)
  const code = error instanceof EffectRefusedError ? (error.refusal ?? errorCode(error)) : errorCode(error)
  return { code, effectKind: failedEffectOf(error), operation, status, problemType }
}
