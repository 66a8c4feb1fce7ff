/**
 * Who acts, as the audit keeps it:
 * - `operator`: a person, by name;
 * - `api`: a program: an operator of that kind, or a holder of OPERATOR_TOKEN who names no person;
 * - `machine`: Gatehouse itself, on a timer.
 */
export const ACTOR_KINDS = ['operator', 'api', 'machine'] as const
export type ActorKind = (typeof ACTOR_KINDS)[number]

export interface Actor {
  readonly kind: ActorKind
  readonly name: string
  /** The credential, if one name may have several: `token <id>`. The audit keeps it with the action's data. */
  readonly via?: string
}
