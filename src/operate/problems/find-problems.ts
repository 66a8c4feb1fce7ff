import { failingChannels } from './alert-problems.ts'
import { applicationProblem } from './application-problem.ts'
import { duplicatesWait } from './duplicate-problem.ts'
import { erasureOverdue } from './erasure-problem.ts'
import { givenUp, held, oldestUnfinished, sweepOverdue } from './event-problems.ts'
import { demotedKeys } from './key-problems.ts'
import type { Observed } from './observed.ts'
import { paxosDown, paxosLocked, paxosRefusesUs } from './paxos-problems.ts'
import { PROBLEM_KINDS, type Problem } from './problem.ts'
import { noReceiver, noWorker, queuePaused, queueUnreachable, workerSilent } from './running-problems.ts'

/** The observations as problems, worst first. Pure. `everyCause`: a problem for each cause of dead and parked events, as alerts need them. */
export function findProblems(seen: Observed, { everyCause = false } = {}): Problem[] {
  const problems = [
    ...[queueUnreachable(seen), queuePaused(seen), noWorker(seen), noReceiver(seen), workerSilent(seen)],
    ...[paxosRefusesUs(seen), paxosDown(seen), paxosLocked(seen), applicationProblem(seen)],
    ...demotedKeys(seen),
    ...failingChannels(seen),
    ...[
      ...givenUp(seen, 'dead', { everyCause }),
      ...givenUp(seen, 'parked', { everyCause }),
      held(seen),
      duplicatesWait(seen),
      erasureOverdue(seen),
      sweepOverdue(seen),
    ],
  ].filter((problem) => problem !== null)
  const old = oldestUnfinished(seen, problems.length > 0)
  return [...problems, ...(old ? [old] : [])]
    .map((found) => ({ key: found.kind, facts: found.sentence, ...found }))
    .toSorted((a, b) => PROBLEM_KINDS.indexOf(a.kind) - PROBLEM_KINDS.indexOf(b.kind))
}
