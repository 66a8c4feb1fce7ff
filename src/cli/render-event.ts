import { counted } from '../operate/say/counted.ts'
import { sayError } from '../operate/say/say-error.ts'
import { relativeTime, utcTime } from '../operate/say/say-time.ts'
import type { EventStory } from '../operate/use-cases.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { renderAttempts } from './render-attempts.ts'

/** One event in full, with the commands that act on it. */
export function renderEvent(event: EventStory, now: Date): string {
  const time = (at: Date | null): string => (at ? `${utcTime(at)} (${relativeTime(at, now)})` : '-')
  const rows: [string, string][] = [
    ['event', event.eventId],
    ['type', `${event.type}${event.isTest ? ' (test)' : ''}`],
    ['state', event.state],
    ['identity', event.identityId ?? 'not known until the event is read back from Paxos'],
    ['occurred', time(event.occurredAt)],
    [
      'received',
      `${time(event.receivedAt)}, ${event.origin === 'sweep' ? 'by the sweep' : `delivered ${counted(event.deliveryCount, 'time')}`}`,
    ],
    ['key', event.keySlot ?? '-'],
    ['trust', event.trust === 'confirmed' ? 'confirmed by the Events API' : 'not confirmed yet'],
    ['attempts', `${event.attempts}${event.generation > 0 ? `, replayed ${counted(event.generation, 'time')}` : ''}`],
    ['last error', event.errorCode ? `${sayError(event)}: ${event.errorDetail ?? ''}` : '-'],
    ['outcome', event.outcome ?? '-'],
    ['completed', time(event.completedAt)],
    ['dismissed', event.dismissal ? `by ${event.dismissal.by} at ${time(event.dismissal.at)}: ${event.dismissal.reason}` : '-'],
    ['body sha256', event.bodySha256 ?? '-'],
  ]
  const next = event.state === 'parked' || event.state === 'dead' ? `${GATEHOUSE} replay plan --event ${event.eventId}` : null
  return [
    ...rows.map(([name, value]) => `${name.padEnd(12)} ${value}`),
    ...(event.effectAttempts.length > 0 ? ['', renderAttempts(event.effectAttempts)] : []),
    ...(event.waitingFor ? ['', event.waitingFor] : []),
    ...(next
      ? [
          `Plan a replay (changes nothing): ${next}`,
          `Dismiss it if it cannot succeed: ${GATEHOUSE} event dismiss ${event.eventId} --operator <you> --reason "<why>"`,
        ]
      : []),
    ...(event.identityId ? [`Show the customer: ${GATEHOUSE} onboarding show ${event.identityId}`] : []),
  ].join('\n')
}
