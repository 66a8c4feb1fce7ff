import { GATEHOUSE } from '../../platform/command-name.ts'
import { counted } from '../say/counted.ts'
import type { Observed } from './observed.ts'
import type { FoundProblem } from './problem.ts'

/** GDPR, Article 12(3): one month after the request. */
const DEADLINE_DAYS = 30
/** Days before the deadline from which it is a problem. */
const WARN_DAYS = 5
const DAY_MS = 86_400_000

/** A request to erase a person that nears its deadline, or is past it. */
export function erasureOverdue({ openErasures, now }: Observed): FoundProblem | null {
  const daysOf = ({ requestedAt }: { requestedAt: Date }): number => Math.floor((now.getTime() - requestedAt.getTime()) / DAY_MS)
  const near = openErasures.filter((erasure) => daysOf(erasure) >= DEADLINE_DAYS - WARN_DAYS)
  const [oldest] = near
  if (!oldest) return null
  const overdue = daysOf(oldest) >= DEADLINE_DAYS
  return {
    kind: 'erasure-overdue',
    severity: overdue ? 'fault' : 'warning',
    sentence: `${counted(near.length, 'erasure')} not done. The oldest was requested ${daysOf(oldest)} days ago; the limit is ${DEADLINE_DAYS} days.`,
    since: oldest.requestedAt,
    customers: near.length,
    nextAction: 'Erase again: the answer names what forbids it, and the remedy.',
    page: null,
    command: `${GATEHOUSE} erasure list`,
  }
}
