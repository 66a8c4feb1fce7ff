import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { CLIENT_CONTROLS, type ClientControl, CONTROL_REASONS, type ControlReason } from '../domain/identity-change/identity-change.ts'
import { ControlBody, LiftQuery } from '../operate/identity-changes/control-request.ts'
import { fieldErrors, sayIssue } from '../operate/input/field-errors.ts'
import { utcTime } from '../operate/say/say-time.ts'
import type { ChangeView } from '../operate/use-cases.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type OpenUseCases, parseOneOf, parsePaxosId, systemUser, withUseCases } from './command-input.ts'
import type { Print } from './print.ts'
import { parseJson, readInput } from './read-input.ts'
import { renderTable } from './render-table.ts'

interface ChangeFlags {
  idempotencyKey?: string
  operator: string
  json?: boolean
  dryRun?: boolean
}

interface AddFlags extends ChangeFlags {
  type: ClientControl
  reasonCode: ControlReason
  reason: string
}

const IDENTITY = ['<identity-id>', "the identity's id at Paxos", parsePaxosId] as const

/** `onboarding correct|refresh|changes` and `onboarding control add|remove|list`: changes of a customer at Paxos. */
export function registerChangeCommands(onboarding: Command, open: OpenUseCases, print: Print): void {
  registerCorrections(onboarding, open, print)
  registerControls(onboarding.command('control').description('restrictions of a customer at Paxos'), open, print)
  onboarding
    .command('changes')
    .description('list the changes of a customer that Gatehouse sent to Paxos, newest first')
    .argument(...IDENTITY)
    .option('--json', 'print JSON')
    .action(async (identityId: string, { json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const changes = await useCases.listChanges(identityId)
        if (json) return print(JSON.stringify(changes, null, 2))
        const rows = changes.map(({ changeId, kind, state, reason, fields, control, updatedAt }) => {
          return [utcTime(updatedAt), kind, state, reason ?? '', control ?? fields.join(', '), changeId]
        })
        print(rows.length > 0 ? renderTable(['CHANGED (UTC)', 'KIND', 'STATE', 'REASON', 'WHAT', 'CHANGE'], rows) : 'No change yet.')
      })
    })
}

function registerCorrections(onboarding: Command, open: OpenUseCases, print: Print): void {
  const usual = (command: Command): Command =>
    command
      .option('--idempotency-key <key>', 'use the same key to repeat safely; default: a new key')
      .option('--operator <name>', 'your name, for the audit', systemUser())
      .option('--json', 'print JSON')
  usual(
    onboarding
      .command('correct')
      .description("correct a customer's data from a JSON file (or standard input): the body of PATCH /v1/onboardings/{id}")
      .argument(...IDENTITY)
      .argument('[file]', 'the file; - (the default) reads standard input', '-')
      .option('--dry-run', 'check it and say what Paxos may check again; send nothing'),
  ).action(async (identityId: string, file: string, { idempotencyKey = randomUUID(), operator, json, dryRun }: ChangeFlags) => {
    const changes = parseJson(await readInput(file, 'name a JSON file, or pipe one in'))
    await withUseCases(open, async (useCases) => {
      if (dryRun) {
        const preview = await useCases.previewCorrection(identityId, changes)
        if (json) return print(JSON.stringify(preview, null, 2))
        print(`would change: ${preview.fields.join(', ')}`)
        if (preview.unchanged.length > 0) print(`already so at Paxos: ${preview.unchanged.join(', ')}`)
        return print(sayRescreening(preview.rescreening))
      }
      const asked = { identityId, idempotencyKey, kind: 'correction', changes } as const
      tell(await useCases.correctIdentity(asked, { kind: 'operator', name: operator }), { json, print })
    })
  })
  usual(
    onboarding
      .command('refresh')
      .description('complete a KYC refresh: nothing has changed, or the changes of a JSON file')
      .argument(...IDENTITY)
      .argument('[file]', 'a JSON file with the changes; - reads standard input; default: nothing has changed'),
  ).action(async (identityId: string, file: string | undefined, { idempotencyKey = randomUUID(), operator, json }: ChangeFlags) => {
    const changes = file === undefined ? {} : parseJson(await readInput(file, 'name a JSON file, or pipe one in'))
    await withUseCases(open, async (useCases) => {
      const asked = { identityId, idempotencyKey, kind: 'kyc-refresh', changes } as const
      tell(await useCases.correctIdentity(asked, { kind: 'operator', name: operator }), { json, print })
    })
  })
}

function registerControls(control: Command, open: OpenUseCases, print: Print): void {
  control
    .command('add')
    .description('restrict a customer; Paxos alone sets FROZEN')
    .argument(...IDENTITY)
    .requiredOption('--type <type>', CLIENT_CONTROLS.join(', '), parseOneOf(CLIENT_CONTROLS))
    .requiredOption('--reason-code <code>', CONTROL_REASONS.join(', '), parseOneOf(CONTROL_REASONS))
    .requiredOption('--reason <text>', 'why, without personal data; for Paxos and the audit')
    .option('--idempotency-key <key>', 'use the same key to repeat safely; default: a new key')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
    .action(async (identityId: string, { type, reasonCode, reason, idempotencyKey = randomUUID(), operator, json }: AddFlags) => {
      requireValid(ControlBody.safeParse({ type, reasonCode, reason }, { error: sayIssue }))
      await withUseCases(open, async (useCases) => {
        const asked = { identityId, idempotencyKey, type, reasonCode, reason }
        tell(await useCases.setControl(asked, { kind: 'operator', name: operator }), { json, print })
      })
    })
  control
    .command('remove')
    .description('delete a restriction that was set through Gatehouse or the API, not one of Paxos')
    .argument(...IDENTITY)
    .argument('<control-id>', "the control's id, from control list")
    .requiredOption('--reason <text>', 'why, without personal data; for Paxos and the audit')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
    .action(async (identityId: string, controlId: string, { reason, operator, json }: Pick<AddFlags, 'reason' | 'operator' | 'json'>) => {
      requireValid(LiftQuery.safeParse({ controlId, reason }, { error: sayIssue }))
      await withUseCases(open, async (useCases) => {
        const asked = { identityId, idempotencyKey: controlId, controlId, reason }
        tell(await useCases.liftControl(asked, { kind: 'operator', name: operator }), { json, print })
      })
    })
  control
    .command('list')
    .description('list the active restrictions of a customer, as Paxos has them now')
    .argument(...IDENTITY)
    .option('--json', 'print JSON')
    .action(async (identityId: string, { json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const controls = await useCases.listControls(identityId)
        if (json) return print(JSON.stringify(controls, null, 2))
        const rows = controls.map(({ id, type, setBy, reasonCode, createdAt }) => [type, setBy, reasonCode ?? '', createdAt, id])
        print(rows.length > 0 ? renderTable(['TYPE', 'SET BY', 'REASON', 'CREATED', 'CONTROL'], rows) : 'No active control.')
        const own = controls.find(({ setBy }) => setBy === 'CLIENT')
        if (own) print(`\nDelete one: ${GATEHOUSE} onboarding control remove ${identityId} ${own.id} --reason TEXT`)
      })
    })
}

function tell(
  { change, created }: { change: ChangeView; created: boolean },
  { json, print }: { json: boolean | undefined; print: Print },
): void {
  if (json) {
    print(JSON.stringify(change, null, 2))
    return
  }
  const { changeId, kind, state, reason, controlId, rescreening, identityId } = change
  print(`${created ? 'Sent' : 'Sent before under this key'}: ${kind} ${changeId} is ${state}${reason === null ? '' : ` (${reason})`}.`)
  if (kind === 'set-control' && controlId !== null) print(`Control at Paxos: ${controlId}`)
  if (rescreening.length > 0) print(sayRescreening(rescreening))
  print(`\nSee all changes: ${GATEHOUSE} onboarding changes ${identityId}`)
}

function sayRescreening(fields: readonly string[]): string {
  if (fields.length === 0) return 'Paxos checks nothing again because of it.'
  return `Paxos may verify or screen the customer again because of ${fields.join(', ')}. Until it has, the customer may be unable to trade.`
}

function requireValid(parsed: ReturnType<(typeof ControlBody | typeof LiftQuery)['safeParse']>): void {
  if (parsed.success) return
  const wrong = fieldErrors(parsed.error, { known: [], whole: 'the command' })
  throw new UsageError(wrong.map(({ field, message }) => `${field} ${message}`).join('; '))
}
