/**
 * Decisions of the simulator on a new identity:
 * - `approve`, `deny`: after the decision delay.
 * - `error`: frozen for compliance, status ERROR, no event.
 * - `never`: stays PENDING until a control call or sandbox-status moves it.
 * - `documents-then-approve` (short: `documents`), `documents-then-deny`: enhanced due diligence. Asks for documents, stays PENDING until
 *   all are uploaded, then decides.
 * - `approve-then-disable`: approved, and disabled by Paxos one decision delay later.
 */
export const DECISIONS = [
  'approve',
  'deny',
  'error',
  'never',
  'documents',
  'documents-then-approve',
  'documents-then-deny',
  'approve-then-disable',
] as const
export type Decision = (typeof DECISIONS)[number]

/** One decision for all identities, or weights from which the seed draws for each: `{ "approve": 9, "deny": 1 }`. */
export type DecisionPolicy = Decision | Readonly<Partial<Record<Decision, number>>>

/**
 * A magic name forces a decision: a person's last name, or an institution's name, that is `Sandbox` and a decision in any case (`Sandbox
 * Deny`, `Sandbox Documents-Then-Approve`). It belongs to the simulator and not to Paxos.
 */
export function decisionInName({ last_name, name }: Readonly<Record<string, unknown>>): Decision | undefined {
  const written = /^sandbox (.+)$/i.exec(String(last_name ?? name ?? ''))?.[1]?.toLowerCase()
  return DECISIONS.find((decision) => decision === written)
}

/** @param fraction from 0 up to 1, drawn for this identity. */
export function chooseDecision(policy: DecisionPolicy, fraction: number): Decision {
  if (typeof policy === 'string') return policy
  const weighted = DECISIONS.map((decision) => ({ decision, weight: policy[decision] ?? 0 }))
  let left = fraction * weighted.reduce((sum, { weight }) => sum + weight, 0)
  for (const { decision, weight } of weighted) {
    if (left < weight) return decision
    left -= weight
  }
  return 'approve'
}
