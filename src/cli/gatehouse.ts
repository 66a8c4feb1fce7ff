#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { VARIABLE_NAMES } from '../config/variables.ts'
import { registerAlertCommands } from './alert-commands.ts'
import { registerAuditCommands } from './audit-commands.ts'
import { endOnBrokenPipe } from './broken-pipe.ts'
import { registerClockCommands } from './clock-commands.ts'
import { registerCompletionCommand } from './completion-command.ts'
import { registerDemoCommands } from './demo-commands.ts'
import { registerDoctorCommand } from './doctor-command.ts'
import { registerDocumentCommands } from './document-commands.ts'
import { registerDossierCommand } from './dossier-command.ts'
import { registerErasureCommands } from './erasure-commands.ts'
import { registerEventCommands } from './event-commands.ts'
import { registerExportCommand } from './export-command.ts'
import { registerFindCommand } from './find-command.ts'
import { registerImportCommands } from './import-commands.ts'
import { registerIssueCommands } from './issue-commands.ts'
import { registerKeyCommands } from './key-commands.ts'
import { registerLedgerCommands } from './ledger-commands.ts'
import { registerNoticeCommands } from './notice-commands.ts'
import { registerOnboardingCommands } from './onboarding-commands.ts'
import { openForCommand } from './open-for-command.ts'
import { registerOpenapiCommand } from './openapi-command.ts'
import { registerOperatorCommands } from './operator-commands.ts'
import { registerOrderCommands } from './order-commands.ts'
import { registerQueueCommands } from './queue-commands.ts'
import { registerReconcileCommands } from './reconcile-commands.ts'
import { registerReplayCommands } from './replay-commands.ts'
import { reportError } from './report-error.ts'
import { registerRoleCommands } from './role-commands.ts'
import { registerSessionCommands } from './session-commands.ts'
import { ROOT, settings } from './settings.ts'
import { registerTopCommand } from './top-command.ts'
import { registerTradingCommands } from './trading-commands.ts'
import { registerVaultCommands } from './vault-commands.ts'
import { createWatch, offerWatch } from './watch.ts'
import { withItsCommands } from './with-its-commands.ts'

const json = process.argv.includes('--json')

const program = new Command('gatehouse')
  .description('Gives your users a crypto brokerage at Paxos. Loses no event, opens no account twice, places no order twice.')
  .version(readVersion())
  .showHelpAfterError(json ? false : '(gatehouse --help lists the commands)')
  .showSuggestionAfterError()
  .addHelpText(
    'after',
    `\nVariables (docs/configuration.md explains each; also read from .env):\n  ${wrap(VARIABLE_NAMES)}\n\nExit codes: 0 success, 1 failure, 2 wrong usage.`,
  )

registerRoleCommands(program)
const watch = createWatch({ open: async () => openForCommand(), isTerminal: process.stdout.isTTY === true })
const { open } = watch
/** `doctor` must report a world that differs, so it is not refused because of it. */
const openAnyWorld = async (): ReturnType<typeof openForCommand> => openForCommand({ anyWorld: true })
registerFindCommand(program, open)
registerExportCommand(program, open)
registerDossierCommand(program, open)
registerTopCommand(program, open)
registerCompletionCommand(program)
registerOnboardingCommands(program, open)
registerImportCommands(program, open)
registerDocumentCommands(program, open)
registerEventCommands(program, open)
registerIssueCommands(program, open)
registerReplayCommands(program, open)
registerReconcileCommands(program, open)
registerQueueCommands(program, open)
registerKeyCommands(program, open)
registerNoticeCommands(program, open)
registerAlertCommands(program, open)
registerClockCommands(program, open)
registerLedgerCommands(program, open)
registerAuditCommands(program, open)
registerSessionCommands(program, open)
registerOperatorCommands(program, open)
registerVaultCommands(program, open)
registerErasureCommands(program, open)
registerOpenapiCommand(program)
registerTradingCommands(program, open)
registerOrderCommands(program, open)
registerDemoCommands(program, open)
registerDoctorCommand(program, { config: () => settings('commands', { quiet: true }).config, open: openAnyWorld })

offerWatch(program)
endOnBrokenPipe()
await main()

async function main(): Promise<void> {
  for (const command of withItsCommands(program)) {
    command.exitOverride()
    if (json) command.configureOutput({ outputError: () => {} }) // reportError prints it
  }
  try {
    await watch.run(program, process.argv.slice(2))
  } catch (error) {
    // Parts opened by a failed start must not keep the process alive. They have no work to finish.
    process.exit(reportError(error, { json }))
  }
}

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  return version
}

function wrap(names: readonly string[]): string {
  const lines: string[] = []
  for (const name of names) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + name.length < 96) lines[lines.length - 1] = `${last}, ${name}`
    else lines.push(name)
  }
  return lines.join(',\n  ')
}
