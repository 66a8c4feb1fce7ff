import type { Command } from 'commander'
import { ONBOARDING_STATES, type OnboardingState } from '../domain/onboarding/onboarding.ts'
import { fieldErrors, sayIssue } from '../operate/input/field-errors.ts'
import { IDENTITY_REQUEST_FIELDS, IdentityRequest } from '../operate/onboarding/identity-request.ts'
import { utcTime } from '../operate/say/say-time.ts'
import type { OnboardingView } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { registerChangeCommands } from './change-commands.ts'
import { nameAndReason, type OpenUseCases, parseCount, parseOneOf, parsePaxosId, systemUser, withUseCases } from './command-input.ts'
import { registerDuplicateCommands } from './duplicate-commands.ts'
import { registerMemberCommands } from './member-commands.ts'
import { type Print, print as toStdout } from './print.ts'
import { parseJson, readInput } from './read-input.ts'
import { registerShow } from './register-show.ts'
import { renderTable } from './render-table.ts'
import { renderTimeline } from './render-timeline.ts'

interface ListFlags {
  state?: OnboardingState
  q?: string
  limit: number
  cursor?: string
  json?: boolean
}

interface CreateFlags {
  idempotencyKey?: string
  operator: string
  json?: boolean
}

/** `onboarding list|show|create|…`: the customers. */
export function registerOnboardingCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const onboarding = program.command('onboarding').description('customers and their onboarding')

  onboarding
    .command('list')
    .description('list onboardings, newest first; within one state, last changed first')
    .option('--state <state>', `only: ${ONBOARDING_STATES.join(', ')}`, parseOneOf(ONBOARDING_STATES))
    .option('--q <text>', 'match by prefix: identity, account, profile or event id, or ref_id')
    .option('--limit <number>', 'most entries to list', parseCount(200), 50)
    .option('--cursor <cursor>', 'continue after the previous page')
    .option('--json', 'print JSON')
    .action(async ({ json, ...query }: ListFlags) => {
      await withUseCases(open, async (useCases) => {
        const page = await useCases.listOnboardings(query)
        if (json) return print(JSON.stringify(page, null, 2))
        print(page.items.length === 0 ? sayEmpty(query) : renderList(page.items))
        if (page.nextCursor) print(`\nMore onboardings: add --cursor ${page.nextCursor}`)
        if (page.items[0]) print(`\nShow one in full: ${GATEHOUSE} onboarding show ${page.items[0].identityId}`)
      })
    })

  onboarding
    .command('export')
    .description('everything that Gatehouse holds about one person, as JSON, sealed data included; at most 20 a day for one operator')
    .argument('<onboarding>', 'id or ref_id of the onboarding, or id of the request for an identity', parsePaxosId)
    .requiredOption('--operator <name>', 'your name, for the audit')
    .requiredOption('--reason <text>', 'why; recorded in the audit')
    .action(async (id: string, flags: { operator: string; reason: string }) => {
      const { actor, reason } = nameAndReason(flags)
      await withUseCases(open, async (useCases) => {
        const exported = await useCases.exportPerson(id, { reason }, actor)
        if (!exported) throw new UsageError(`Unknown onboarding ${id}. ${GATEHOUSE} onboarding list shows the known ones.`)
        print(JSON.stringify(exported, null, 2))
      })
    })
  registerMemberCommands(onboarding, open, print)
  registerShow(
    onboarding,
    { open, print },
    {
      description: 'show one onboarding: its state, what it waits for, and its timeline',
      argument: ['id', "the identity's id at Paxos, or the ref_id"],
      parse: parsePaxosId,
      find: (useCases, id) => useCases.getOnboarding(id),
      render: (story) => [renderTimeline(story), hintFor(story)].filter((part) => part).join('\n\n'),
      unknown: (id) => `Unknown onboarding ${id}. Search all ids and keys: ${GATEHOUSE} find ${id.slice(0, 8)}`,
    },
  )

  registerDuplicateCommands(onboarding, open, print)
  onboarding
    .command('create')
    .description('onboard a person or an institution from a JSON file (or standard input): the body of POST /v1/onboardings')
    .argument('[file]', 'the file; - (the default) reads standard input', '-')
    .option('--idempotency-key <key>', 'use the same key to repeat safely; default: the ref_id')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
    .action(async (file: string, { idempotencyKey, operator, json }: CreateFlags) => {
      const request = parseIdentity(
        await readInput(file, `name a JSON file, or pipe one in: ${GATEHOUSE} sandbox person | ${GATEHOUSE} onboarding create`),
      )
      const key = idempotencyKey ?? request.ref_id
      if (!key) throw new UsageError('--idempotency-key is required if the data has no ref_id, so that repeating the command is safe')
      await withUseCases(open, async (useCases) => {
        const made = await useCases.createOnboarding({ idempotencyKey: key, request }, { kind: 'operator', name: operator })
        const { kind: _, ...shown } = made
        if (json) return print(JSON.stringify(shown, null, 2))
        if (made.kind === 'duplicate') {
          return print(
            `Paxos knows this person already as identity ${made.existingIdentityId}; the request is held.\n` +
              `If it is the same customer: ${GATEHOUSE} onboarding confirm-duplicate ${made.requestId} --operator <name> --reason <text>`,
          )
        }
        if (made.kind === 'running') {
          return print(
            `Accepted as command ${made.commandId}; Paxos has not answered yet. Run this again with the same key to see the result.`,
          )
        }
        print(made.created ? `Opened onboarding ${made.identityId}.` : `Onboarding ${made.identityId} already exists under this key.`)
        print(`\nShow its progress: ${GATEHOUSE} onboarding show ${made.identityId}`)
      })
    })
  registerChangeCommands(onboarding, open, print)
}

/** @throws UsageError naming every wrong field, but no value */
function parseIdentity(input: string): IdentityRequest {
  const parsed = IdentityRequest.safeParse(parseJson(input), { error: sayIssue })
  if (parsed.success) return parsed.data
  const wrong = fieldErrors(parsed.error, { known: IDENTITY_REQUEST_FIELDS, whole: 'the input' })
  throw new UsageError(`the data is not valid:\n${wrong.map(({ field, message }) => `  - ${field} ${message}`).join('\n')}`)
}

function renderList(onboardings: readonly OnboardingView[]): string {
  const rows = onboardings.map(({ createdAt, state, identityId, refId, waitingFor }) => [
    utcTime(createdAt).slice(0, 19),
    state,
    identityId,
    refId ?? '-',
    waitingFor ?? '',
  ])
  return renderTable(['CREATED (UTC)', 'STATE', 'IDENTITY', 'REF_ID', 'WAITS FOR'], rows)
}

function sayEmpty({ state, q }: ListFlags): string {
  if (q) return `No id and no ref_id starts with ${q}.`
  if (state) return `No onboarding is ${state}.`
  return `No onboarding yet. Create one: ${GATEHOUSE} onboarding create person.json (${GATEHOUSE} sandbox person prints an invented person)`
}

function hintFor({ state, identityId, waiting }: OnboardingView): string | null {
  if (state === 'held')
    return `Plan a release by the live status (changes nothing): ${GATEHOUSE} replay plan --identity ${identityId} --release-holds`
  return waiting?.nextAction === 'plan-replay' ? `Plan a replay (changes nothing): ${GATEHOUSE} replay plan --identity ${identityId}` : null
}
