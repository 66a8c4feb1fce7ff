import type { Command } from 'commander'
import type { RotationReport, VaultStatus } from '../operate/privacy/vault-keys.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { nameAndReason, type OpenUseCases, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { openFoundation, settings } from './settings.ts'

interface Flags {
  operator: string
  reason: string
  json?: boolean
}

/** `vault status|rotate|start-empty`: the keys of personal data. */
export function registerVaultCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const vault = program.command('vault').description('the keys that encrypt personal data: their place, and their rotation')
  vault
    .command('status')
    .description('where the keys are, and whether the current ENCRYPTION_KEY wraps all of them')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const status = await useCases.vaultStatus()
        print(json ? JSON.stringify(status, null, 2) : sayStatus(status))
      })
    })
  reasoned(vault.command('rotate').description('wrap every key again by the current ENCRYPTION_KEY; safe to stop and to repeat')).action(
    async ({ json, ...flags }: Flags) => {
      const { actor, reason } = nameAndReason(flags)
      await withUseCases(open, async (useCases) => {
        const report = await useCases.rotateVault({ reason }, actor)
        print(json ? JSON.stringify(report, null, 2) : sayRotation(report))
        if (report.unreadableCount > 0) process.exitCode = 1
      })
    },
  )
  reasoned(
    vault
      .command('start-empty')
      .description('after the keys were lost: start with an empty key store; sealed data of unfinished requests stays unreadable'),
  ).action(async ({ json, ...flags }: Flags) => {
    const { startEmptyVault } = await import('../compose/start-empty-vault.ts')
    const foundation = await openFoundation('require', settings('commands', { quiet: true }))
    try {
      const place = await startEmptyVault(foundation, nameAndReason(flags))
      print(json ? JSON.stringify({ place }) : `The keys are now kept in ${place}.`)
    } finally {
      await foundation.close()
    }
  })
}

function reasoned(command: Command): Command {
  return command
    .requiredOption('--operator <name>', 'your name, for the audit')
    .requiredOption('--reason <text>', 'why; recorded in the audit')
    .option('--json', 'print JSON')
}

function sayStatus({ place, apart, keys, notRotated }: VaultStatus): string {
  return [
    `The keys are kept in ${place}${apart ? '' : ': a restored backup brings erased persons back'}.`,
    `Keys: ${keys}, the root key included. Not wrapped by the current ENCRYPTION_KEY: ${notRotated}.`,
  ].join('\n')
}

function sayRotation({ keys, rewrapped, unreadable, unreadableCount }: RotationReport): string {
  const done = `Wrapped ${rewrapped} of ${keys} keys again; the others already were.`
  if (unreadableCount === 0) return `${done} Remove the old key from ENCRYPTION_KEYS_ACCEPTED of every role.`
  return `${done} No accepted ENCRYPTION_KEY wraps ${unreadableCount}: ${unreadable.join(', ')}. Add the key that wrapped them to ENCRYPTION_KEYS_ACCEPTED and repeat: ${GATEHOUSE} vault rotate.`
}
