/** The kinds of problems, worst first. Home, `doctor` and the commands list problems in this order. */
export const PROBLEM_KINDS = [
  'queue-unreachable',
  'no-worker',
  'no-receiver',
  'worker-silent',
  'paxos-refuses-us',
  'paxos-down',
  'application-refuses',
  'application-down',
  'key-demoted',
  'alert-channel-failing',
  'paxos-locked',
  'queue-paused',
  'dead',
  'parked',
  'held',
  'duplicate-person',
  'erasure-overdue',
  'oldest-unfinished',
  'sweep-overdue',
] as const
export type ProblemKind = (typeof PROBLEM_KINDS)[number]

/** One current problem as data, so that every face shows the same sentence. */
export interface Problem {
  /** The same while the problem lasts, and different from other problems at the same time: its kind, with its cause or its key. */
  readonly key: string
  readonly kind: ProblemKind
  readonly severity: 'fault' | 'warning'
  /** What is wrong, with its cause. */
  readonly sentence: string
  /** The same without names and words of operators, as alerts carry it. */
  readonly facts: string
  /** Null if not known. */
  readonly since: Date | null
  /** Number of customers delayed by it; null if not known. */
  readonly customers: number | null
  /** The operator's next action, or that none is needed. */
  readonly nextAction: string
  /** The page that shows the affected items; null: none. */
  readonly page: string | null
  /** The command that does the next action or shows the affected items; null: none. */
  readonly command: string | null
}

/** A problem as it is found. By default its key is its kind, and its facts are its sentence. */
export type FoundProblem = Omit<Problem, 'key' | 'facts'> & Partial<Pick<Problem, 'key' | 'facts'>>

/** While one of these lasts, something other than Paxos's rate limits delays the backlog, so its time cannot be estimated. */
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

/** Whether it belongs to what the queue shows: it delays all events, or those of one webhook key. */
export function delaysEvents(problem: Problem): boolean {
  return stopsTheBacklog(problem) || problem.kind === 'key-demoted'
}

export function stopsTheBacklog({ kind }: Problem): boolean {
  return STOPS_THE_BACKLOG.has(kind)
}
