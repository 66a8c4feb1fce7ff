import type { Command } from 'commander'
import type { Actor } from '../domain/actor.ts'
import { EVENT_STATES } from '../domain/event-state.ts'
import { counted } from '../operate/counted.ts'
import { MAX_REPLAY_LIMIT } from '../operate/replay-request.ts'
import { sayError } from '../operate/say-error.ts'
import { relativeTime, utcTime } from '../operate/say-time.ts'
import { sayOutcome } from '../operate/timeline.ts'
import type { EventStory, EventView, OperatorUseCases } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import {
  collectOneOf,
  collectPaxosIds,
  collectTexts,
  nameAndReason,
  type OpenUseCases,
  parseCount,
  parseOneOf,
  parsePaxosId,
  parseTime,
  requireKnown,
  withUseCases,
} from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { renderAttempts } from './render-attempts.ts'
import { renderReplay } from './render-replay.ts'
import { renderTable } from './render-table.ts'

interface ListFlags {
  state?: (typeof EVENT_STATES)[number]
  type?: string
  identity?: string
  cause?: string
  step?: string
  since?: Date
  until?: Date
  limit: number
  cursor?: string
  json?: boolean
}

/** `event list|show|dismiss|undismiss`: the inbox. */
export function registerEventCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const event = program.command('event').description('received events and their outcome')

  event
    .command('list')
    .description('list events, last received first')
    .option('--state <state>', `only: ${EVENT_STATES.join(', ')}`, parseOneOf(EVENT_STATES))
    .option('--type <type>', 'only this type, such as identity.approved')
    .option('--identity <id>', 'only events of this identity', parsePaxosId)
    .option('--cause <cause>', 'only failures of this cause: the id of an issue, or a code such as NOTICE_REFUSED')
    .option('--step <kind>', 'only failures of this kind of effect, such as send-notification')
    .option('--since <time>', 'received at or after: a time, a date, or 15m, 2h, 3d ago', parseTime)
    .option('--until <time>', 'received before', parseTime)
    .option('--limit <number>', 'most entries to list', parseCount(200), 50)
    .option('--cursor <cursor>', 'continue after the previous page')
    .option('--json', 'print JSON')
    .action(async ({ identity, since, until, json, ...flags }: ListFlags) => {
      await withUseCases(open, async (useCases) => {
        if (identity !== undefined) await requireKnown(useCases, { identities: [identity] })
        const page = await useCases.listEvents({ ...flags, identityId: identity, from: since, to: until })
        if (json) return print(JSON.stringify(page, null, 2))
        print(page.items.length === 0 ? sayEmpty(flags.state) : renderList(page.items))
        if (page.nextCursor) print(`\nMore events: add --cursor ${page.nextCursor}`)
        const hint = hintFor(page.items)
        if (hint) print(`\n${hint}`)
      })
    })

  event
    .command('samples')
    .description('list evidence: samples of refused deliveries, and bodies of deliveries whose event Paxos has not confirmed')
    .option('--refused', 'only refused deliveries')
    .option('--event <id>', 'only deliveries of this event', parsePaxosId)
    .option('--limit <number>', 'most entries to list', parseCount(200), 50)
    .option('--json', 'print JSON')
    .action(async ({ event: eventId, json, ...flags }: { event?: string; refused?: boolean; limit: number; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const samples = await useCases.listDeliverySamples({ eventId, ...flags })
        if (json) return print(JSON.stringify(samples.map(withText), null, 2))
        print(samples.length === 0 ? 'No samples.' : renderSamples(samples))
      })
    })

  event
    .command('show')
    .description('show one event: attempts, last error, outcome, next attempt')
    .argument('<event-id>', 'its id at Paxos', parsePaxosId)
    .option('--json', 'print JSON')
    .action(async (eventId: string, { json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const found = await useCases.getEvent(eventId)
        if (!found)
          throw new UsageError(`Unknown event ${eventId}: Gatehouse never received it. ${GATEHOUSE} event list shows the known events.`)
        print(json ? JSON.stringify(found, null, 2) : renderEvent(found, new Date()))
      })
    })
  registerDismissal(event, open, print)
}

interface DismissFlags {
  state?: ('parked' | 'dead')[]
  error?: string[]
  issue?: string[]
  type?: string[]
  key?: string[]
  from?: Date
  to?: Date
  operator: string
  reason: string
  json?: boolean
}

function registerDismissal(event: Command, open: OpenUseCases, print: Print): void {
  event
    .command('dismiss')
    .description('dismiss parked or dead events that cannot succeed; with filters, makes a plan to approve')
    .argument('[event-ids...]', 'event ids; without any, the filters select events', collectPaxosIds, [])
    .option('--state <state>', 'events in this state (parked, dead); repeatable', collectOneOf(['parked', 'dead'] as const))
    .option('--error <code>', 'events whose last error has this code; repeatable', collectTexts)
    .option('--issue <id>', 'events of this issue; repeatable', collectTexts)
    .option('--type <type>', 'events of this type; repeatable', collectTexts)
    .option('--key <slot>', 'events received with this webhook key, as event show prints it; repeatable', collectTexts)
    .option('--since, --from <time>', 'received at or after: a time, a date, or 15m, 2h, 3d ago', parseTime)
    .option('--until, --to <time>', 'received before', parseTime)
    .requiredOption('--operator <name>', 'your name, for the audit')
    .requiredOption('--reason <text>', 'why; recorded with the event and in the audit')
    .option('--json', 'print JSON')
    .action(async (eventIds: string[], flags: DismissFlags) => {
      const { actor, reason } = nameAndReason(flags)
      await withUseCases(open, async (useCases) => {
        if (eventIds.length > 0) return act(useCases.dismissEvent, { eventIds, actor, reason, print, json: flags.json })
        const { state: states, error: errorCodes, issue: issueIds, type: types, key: keySlots, from, to } = flags
        const plan = await useCases.planReplay(
          { states, errorCodes, issueIds, types, keySlots, from, to, limit: MAX_REPLAY_LIMIT, action: 'dismiss' },
          actor,
        )
        print(flags.json ? JSON.stringify(plan, null, 2) : renderReplay(plan))
      })
    })
  event
    .command('undismiss')
    .description('restore dismissed events to their earlier state')
    .argument('<event-ids...>', 'event ids', collectPaxosIds)
    .requiredOption('--operator <name>', 'your name, for the audit')
    .requiredOption('--reason <text>', 'why; recorded in the audit')
    .option('--json', 'print JSON')
    .action(async (eventIds: string[], flags: DismissFlags) => {
      const { actor, reason } = nameAndReason(flags)
      await withUseCases(open, (useCases) => act(useCases.undismissEvent, { eventIds, actor, reason, print, json: flags.json }))
    })
}

/** Acts on one event after the other. An event that cannot be acted on ends the command; earlier actions stay done. */
async function act(
  on: OperatorUseCases['dismissEvent'],
  { eventIds, actor, reason, print, json }: { eventIds: string[]; actor: Actor; reason: string; print: Print; json?: boolean | undefined },
): Promise<void> {
  for (const eventId of eventIds) {
    const event = await on(eventId, { reason }, actor)
    if (!event)
      throw new UsageError(`Unknown event ${eventId}: Gatehouse never received it. ${GATEHOUSE} event list shows the known events.`)
    print(json ? JSON.stringify(event, null, 2) : `Event ${eventId} is ${event.state}.`)
  }
}

function renderList(events: readonly EventView[]): string {
  const rows = events.map(({ receivedAt, state, type, eventId, identityId, attempts, outcome, ...failed }) => [
    utcTime(receivedAt).slice(0, 19),
    state,
    type,
    eventId,
    identityId ?? '-',
    String(attempts),
    sayError(failed) ?? (outcome ? sayOutcome(outcome) : ''),
  ])
  return renderTable(['RECEIVED (UTC)', 'STATE', 'TYPE', 'EVENT', 'IDENTITY', 'ATTEMPTS', 'OUTCOME'], rows)
}

function sayEmpty(state: string | undefined): string {
  if (state === 'parked' || state === 'dead') return `No event is ${state}. No action needed.`
  return `No event matches. Paxos sends webhooks to POST /webhooks/paxos; ${GATEHOUSE} doctor checks that everything runs.`
}

function hintFor(events: readonly EventView[]): string | null {
  const stuck = [...new Set(events.map(({ state }) => state))].filter((state) => state === 'parked' || state === 'dead')
  if (stuck.length > 0)
    return `Plan a replay (changes nothing): ${GATEHOUSE} replay plan ${stuck.map((state) => `--state ${state}`).join(' ')}`
  return events[0] ? `Show one in full: ${GATEHOUSE} event show ${events[0].eventId}` : null
}

function renderEvent(event: EventStory, now: Date): string {
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

type Samples = Awaited<ReturnType<OperatorUseCases['listDeliverySamples']>>

/** The body as text: a genuine webhook is JSON. */
function withText(sample: Samples[number]): object {
  return { ...sample, body: sample.body?.toString() ?? null }
}

function renderSamples(samples: Samples): string {
  const rows = samples.map(({ at, status, reason, proof, keySlot, sourceHash, body }) => [
    ...[utcTime(at), String(status), reason, keySlot ?? proof, sourceHash ?? '', body?.toString() ?? ''],
  ])
  return renderTable(['at (UTC)', 'status', 'reason', 'proof', 'source', 'body'], rows)
}
