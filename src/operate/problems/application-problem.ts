import { GATEHOUSE } from '../../platform/command-name.ts'
import { clockTime } from '../say/say-time.ts'
import type { Observed } from './observed.ts'
import type { FoundProblem } from './problem.ts'
import { sum } from './sum-causes.ts'

/** The application's endpoint refuses notifications or does not answer. */
export function applicationProblem({ notices, causes }: Observed): FoundProblem | null {
  const { failingSince, failures, lastCode, lastStatus } = notices
  if (failingSince === null) return null
  const refuses = lastCode === 'NOTICE_REFUSED'
  const kept = causes.filter(({ errorCode }) => errorCode?.startsWith('NOTICE_'))
  const answer = lastStatus ?? 'no answer'
  return {
    kind: refuses ? 'application-refuses' : 'application-down',
    severity: 'fault',
    sentence: refuses
      ? `Your application refuses notifications (${answer}), ${failures} in a row since ${clockTime(failingSince)}.`
      : `Your application does not accept notifications (${answer}), ${failures} failures in a row since ${clockTime(failingSince)}. Gatehouse retries them by itself.`,
    since: failingSince,
    customers: sum(kept, 'customers') || null,
    nextAction: refuses
      ? 'Check NOTIFY_WEBHOOK_URL, the secret and the log of your application. Then replay the dead events.'
      : 'Restore your application. Gatehouse then sends the notifications by itself.',
    page: refuses ? '/events?state=dead' : '/events?state=accepted',
    command: `${GATEHOUSE} doctor`,
  }
}
