import { GATEHOUSE } from '../../platform/command-name.ts'
import { counted } from '../say/counted.ts'
import type { Observed } from './observed.ts'
import type { FoundProblem } from './problem.ts'

/** Requests for persons whom Paxos knows already: each waits for an operator, and the application gets no answer before that. */
export function duplicatesWait({ duplicates: { count, oldestAt } }: Observed): FoundProblem | null {
  if (count === 0) return null
  return {
    kind: 'duplicate-person',
    severity: 'warning',
    sentence: `${counted(count, 'onboarding')} held as a duplicate person: Paxos knows the person under another request.`,
    since: oldestAt,
    customers: count,
    nextAction: 'Decide on each whether it is the same person: confirm, which opens a further account, or decline.',
    page: '/duplicates',
    command: `${GATEHOUSE} onboarding duplicates`,
  }
}
