import type { Command } from 'commander'
import { EVENT_STATES } from '../domain/event-state.ts'
import { sayOutcome } from '../operate/events/timeline.ts'
import { sayError } from '../operate/say/say-error.ts'
import { utcTime } from '../operate/say/say-time.ts'
import type { EventView, OperatorUseCases } from '../operate/use-cases.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type OpenUseCases, parseCount, parseOneOf, parsePaxosId, parseTime, requireKnown, withUseCases } from './command-input.ts'
import { registerDismissCommands } from './dismiss-commands.ts'
import { type Print, print as toStdout } from './print.ts'
import { registerShow } from './register-show.ts'
import { renderEvent } from './render-event.ts'
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

/** `event list|samples|show`: the inbox. */
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

  registerShow(
    event,
    { open, print },
    {
      description: 'show one event: attempts, last error, outcome, next attempt',
      argument: ['event-id', 'its id at Paxos'],
      parse: parsePaxosId,
      find: (useCases, eventId) => useCases.getEvent(eventId),
      render: (found) => renderEvent(found, new Date()),
      unknown: (eventId) => `Unknown event ${eventId}: Gatehouse never received it. ${GATEHOUSE} event list shows the known events.`,
    },
  )
  registerDismissCommands(event, open, print)
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
