/** What can be wrong, worst first: home, `doctor` and the commands list problems in this order. */
export const PROBLEM_KINDS = [
  'queue-unreachable',
  'no-worker',
  'no-receiver',
  'worker-silent',
  'paxos-refuses-us',
  'paxos-down',
  'application-refuses',
  'application-down',
  'paxos-locked',
  'queue-paused',
  'dead',
  'parked',
  'held',
  'oldest-unfinished',
  'sweep-overdue',
] as const
export type ProblemKind = (typeof PROBLEM_KINDS)[number]

/** One thing that is wrong now, as data: each face has the same sentence from it. */
export interface Problem {
  readonly kind: ProblemKind
  readonly severity: 'fault' | 'warning'
  /** What is wrong, with its cause. */
  readonly sentence: string
  /** Null where it is not known. */
  readonly since: Date | null
  /** Customers that it is known to keep; null where that cannot be said. */
  readonly customers: number | null
  /** What a person does about it, or that nothing is to be done. */
  readonly nextAction: string
  /** The page that shows what is meant; null: none does. */
  readonly page: string | null
  /** The command that does the next action, or that shows what is meant; null: none. */
  readonly command: string | null
}

/** While one of these lasts, the backlog waits for something else than Paxos's limits, so no estimate of its time can be made. */
const STOPS_THE_BACKLOG: ReadonlySet<ProblemKind> = new Set([
  'queue-unreachable',
  'no-worker',
  'worker-silent',
  'paxos-refuses-us',
  'paxos-down',
  'application-refuses',
  'application-down',
  'queue-paused',
])

export function stopsTheBacklog({ kind }: Problem): boolean {
  return STOPS_THE_BACKLOG.has(kind)
}
