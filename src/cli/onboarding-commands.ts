import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import { ONBOARDING_STATES, type OnboardingState } from '../domain/onboarding/onboarding.ts'
import { fieldErrors, sayIssue } from '../operate/field-errors.ts'
import { PersonRequest } from '../operate/person-request.ts'
import { utcTime } from '../operate/say-time.ts'
import type { OnboardingView } from '../operate/use-cases.ts'
import { errorCode, UsageError } from '../platform/app-error.ts'
import { type OpenUseCases, parseCount, parseOneOf, parsePaxosId, systemUser, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
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

/** `onboarding list|show|create`: the customers. */
export function registerOnboardingCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const onboarding = program.command('onboarding').description('customers on their way onto the brokerage')

  onboarding
    .command('list')
    .description('onboardings, newest first; within one state, last changed first')
    .option('--state <state>', `only: ${ONBOARDING_STATES.join(', ')}`, parseOneOf(ONBOARDING_STATES))
    .option('--q <text>', 'only where an identity, account, profile or event id, or the ref_id, is this or begins so')
    .option('--limit <number>', 'at most so many', parseCount(200), 50)
    .option('--cursor <cursor>', 'go on where the last page ended')
    .option('--json', 'print JSON')
    .action(async ({ json, ...query }: ListFlags) => {
      await withUseCases(open, async (useCases) => {
        const page = await useCases.listOnboardings(query)
        if (json) return print(JSON.stringify(page, null, 2))
        print(page.items.length === 0 ? sayEmpty(query) : renderList(page.items))
        if (page.nextCursor) print(`\nThere are more: add --cursor ${page.nextCursor}`)
        if (page.items[0]) print(`\nOne of them in full: gatehouse onboarding show ${page.items[0].identityId}`)
      })
    })

  onboarding
    .command('show')
    .description('one onboarding: where it stands, what it waits for, and its timeline')
    .argument('<id>', "the identity's id at Paxos, or the ref_id", parsePaxosId)
    .option('--json', 'print JSON')
    .action(async (id: string, { json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const story = await useCases.getOnboarding(id)
        if (!story) throw new UsageError(`There is no onboarding of ${id}. gatehouse find ${id.slice(0, 8)} searches all ids and keys.`)
        print(json ? JSON.stringify(story, null, 2) : renderTimeline(story))
        const hint = hintFor(story)
        if (hint && !json) print(`\n${hint}`)
      })
    })

  onboarding
    .command('create')
    .description('onboard a person from a JSON file (or standard input): the body of POST /v1/onboardings')
    .argument('[file]', 'the file; - or nothing reads standard input', '-')
    .option('--idempotency-key <key>', 'the same for every repetition; the ref_id where it is not given')
    .option('--operator <name>', 'who asks', systemUser())
    .option('--json', 'print JSON')
    .action(async (file: string, { idempotencyKey, operator, json }: CreateFlags) => {
      const request = parsePerson(await readInput(file))
      const key = idempotencyKey ?? request.ref_id
      if (!key) throw new UsageError('--idempotency-key: give one, or a ref_id in the data, so that repeating the command is safe')
      await withUseCases(open, async (useCases) => {
        const made = await useCases.createOnboarding({ idempotencyKey: key, request }, { kind: 'operator', name: operator })
        const { kind: _, ...shown } = made
        if (json) return print(JSON.stringify(shown, null, 2))
        if (made.kind === 'running') {
          return print(
            `Accepted as command ${made.commandId}; Paxos has not answered yet. Run this again under the same key to see what came of it.`,
          )
        }
        print(made.created ? `Opened onboarding ${made.identityId}.` : `Onboarding ${made.identityId} was there already under this key.`)
        print(`\nFollow it: gatehouse onboarding show ${made.identityId}`)
      })
    })
}

async function readInput(file: string): Promise<string> {
  if (file !== '-') {
    return readFile(file, 'utf8').catch((error: unknown) => {
      throw new UsageError(`${file} cannot be read (${errorCode(error)})`)
    })
  }
  if (process.stdin.isTTY) throw new UsageError('name a JSON file, or pipe one in: gatehouse sandbox person | gatehouse onboarding create')
  return text(process.stdin)
}

/** @throws UsageError naming every wrong field, repeating no value */
function parsePerson(input: string): PersonRequest {
  let value: unknown
  try {
    value = JSON.parse(input)
  } catch {
    throw new UsageError('the input is not valid JSON')
  }
  const parsed = PersonRequest.safeParse(value, { error: sayIssue })
  if (parsed.success) return parsed.data
  const wrong = fieldErrors(parsed.error, { known: Object.keys(PersonRequest.shape), whole: 'the input' })
  throw new UsageError(`the data cannot be used:\n${wrong.map(({ field, message }) => `  - ${field} ${message}`).join('\n')}`)
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
  if (q) return `Nothing has an id or a ref_id that begins with ${q}.`
  if (state) return `No onboarding is ${state}.`
  return 'There is no onboarding yet. Open one: gatehouse onboarding create person.json (gatehouse sandbox person prints an invented one)'
}

function hintFor({ state, identityId, waiting }: OnboardingView): string | null {
  if (state === 'held')
    return `See what letting the live status decide would do: gatehouse replay plan --identity ${identityId} --release-holds`
  return waiting?.nextAction === 'plan-replay' ? `See what a replay would do: gatehouse replay plan --identity ${identityId}` : null
}
