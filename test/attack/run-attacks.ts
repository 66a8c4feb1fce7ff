import type { Attack, Target, Verdict } from './attack.ts'
import { CONNECTION_ATTACKS } from './connection-attacks.ts'
import { OPERATOR_ATTACKS } from './operator-attacks.ts'
import { WEBHOOK_ATTACKS } from './webhook-attacks.ts'

export interface AttackResult {
  name: string
  stands: string
  /** `not run`: a key or token that it needs was not given. */
  result: 'held' | 'BROKEN' | 'not run'
  saw: string
}

/** The option with what an attack needs. */
export const OPTIONS = { webhookKey: '--webhook-key', operatorToken: '--operator-token' } as const

export const ATTACKS: readonly Attack[] = [...WEBHOOK_ATTACKS, ...CONNECTION_ATTACKS, ...OPERATOR_ATTACKS]

/** One after another, since some use up a limit that the next one would meet. */
export async function runAttacks(target: Target, told: (result: AttackResult) => void = () => {}): Promise<AttackResult[]> {
  const results: AttackResult[] = []
  for (const { name, stands, needs = [], run } of ATTACKS) {
    const missing = needs.filter((each) => !target[each])
    const verdict: Verdict | null = missing.length === 0 ? await run(target) : null
    const result: AttackResult = verdict
      ? { name, stands, result: verdict.held ? 'held' : 'BROKEN', saw: verdict.saw }
      : { name, stands, result: 'not run', saw: `needs ${missing.map((each) => OPTIONS[each]).join(' and ')}` }
    results.push(result)
    told(result)
  }
  return results
}
