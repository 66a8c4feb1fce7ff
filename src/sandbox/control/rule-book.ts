import type { Operation } from '../api/operations.ts'
import type { SeededRandom } from '../world/seeded-random.ts'
import type { CallStep } from './call-steps.ts'
import type { Rule } from './rule-file.ts'

interface Kept {
  rule: Rule
  steps: readonly CallStep[]
  /** Calls that met all conditions, `nth` and `ratio` aside. */
  matched: number
  struck: number
}

/** The rules of the replayed story. */
export class RuleBook {
  #random: SeededRandom
  #kept: Kept[] = []

  constructor({ random }: { random: SeededRandom }) {
    this.#random = random
  }

  get rules(): readonly { name: string; matched: number; struck: number }[] {
    return this.#kept.map(({ rule, matched, struck }) => ({ name: rule.name, matched, struck }))
  }

  load(rules: readonly Rule[]): void {
    this.#kept = rules.map((rule) => ({ rule, steps: rule.do.map(stepOf), matched: 0, struck: 0 }))
  }

  /** The steps of the first rule that matches this call; `null` when none does. */
  forCall(operation: Operation, body: unknown): readonly CallStep[] | null {
    for (const kept of this.#kept) {
      if (!fits(kept.rule, operation, body)) continue
      kept.matched++
      if (!this.#isChosen(kept)) continue
      kept.struck++
      return kept.steps
    }
    return null
  }

  clear(): void {
    this.#kept = []
  }

  #isChosen({ rule, matched }: Kept): boolean {
    const { nth, ratio } = rule.match
    if (nth !== undefined && ![nth].flat().includes(matched)) return false
    return ratio === undefined || this.#random.fraction('rule', rule.name, matched) < ratio
  }
}

function fits({ match }: Rule, operation: Operation, body: unknown): boolean {
  if (match.operation !== '*' && match.operation !== operation) return false
  if (match.refId !== undefined && !refIdFits(match.refId, refIdIn(body))) return false
  return Object.entries(match.body ?? {}).every(([path, value]) => valueAt(body, path) === value)
}

/** The `ref_id` of a request: at the top, or in the account of Create Account. */
export function refIdIn(body: unknown): string | null {
  const refId = valueAt(body, 'ref_id') ?? valueAt(body, 'account.ref_id')
  return typeof refId === 'string' ? refId : null
}

function refIdFits(pattern: string, refId: string | null): boolean {
  if (refId === null) return false
  return pattern.endsWith('*') ? refId.startsWith(pattern.slice(0, -1)) : refId === pattern
}

function valueAt(body: unknown, path: string): unknown {
  let value = body
  for (const field of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<string, unknown>)[field] // an object may lack the field
  }
  return value
}

function stepOf(step: Rule['do'][number]): CallStep {
  if (typeof step === 'string') return { do: step }
  return 'delay' in step ? { do: 'delay', ms: step.delay } : { do: 'return', ...step.return }
}
