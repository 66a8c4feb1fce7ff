/**
 * Who acts, as the audit keeps it:
 * - `operator`: a person, by name;
 * - `api`: a program that holds the operator token and names no person;
 * - `machine`: Gatehouse itself, on a timer.
 */
export const ACTOR_KINDS = ['operator', 'api', 'machine'] as const
export type ActorKind = (typeof ACTOR_KINDS)[number]

export interface Actor {
  readonly kind: ActorKind
  readonly name: string
}
