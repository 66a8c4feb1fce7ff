import type { Command } from 'commander'
import type { Actor } from '../domain/actor.ts'
import { MAX_REPLAY_LIMIT } from '../operate/replay/replay-request.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { collectOneOf, collectPaxosIds, collectTexts, nameAndReason, type OpenUseCases, parseTime, withUseCases } from './command-input.ts'
import type { Print } from './print.ts'
import { renderReplay } from './render-replay.ts'

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

/** `event dismiss|undismiss`: events that cannot succeed. */
export function registerDismissCommands(event: Command, open: OpenUseCases, print: Print): void {
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
