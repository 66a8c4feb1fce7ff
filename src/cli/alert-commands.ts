import type { Command } from 'commander'
import type { AlertStatus, AlertTest } from '../operate/alerts/alerts.ts'
import { sayChannel } from '../operate/alerts/say-channel.ts'
import { utcTime } from '../operate/say/say-time.ts'
import { type OpenUseCases, parseCount, systemUser, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'
import { renderTable } from './render-table.ts'

/** `alert list|test`: what Gatehouse reports to operators, and whether its channels work. */
export function registerAlertCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const alert = program.command('alert').description('alerts to operators by webhook and e-mail')
  alert
    .command('list')
    .description('the channels, and the incidents that were reported, newest first')
    .option('--open', 'only incidents that are not resolved')
    .option('--limit <count>', 'how many', parseCount(200), 20)
    .option('--json', 'print JSON')
    .action(async ({ open: onlyOpen, limit, json }: { open?: boolean; limit: number; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const status = await useCases.alertStatus({ limit, open: onlyOpen })
        print(json ? JSON.stringify(status, null, 2) : renderStatus(status))
      })
    })
  alert
    .command('test')
    .description('send a test on every configured channel; exit 1 if one does not accept it')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
    .action(async ({ operator, json }: { operator: string; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const items = await useCases.testAlerts({ kind: 'operator', name: operator })
        print(json ? JSON.stringify({ items }, null, 2) : items.map(sayTest).join('\n'))
        if (items.some(({ delivered }) => !delivered)) process.exitCode = 1
      })
    })
}

function sayTest({ channel, delivered, answer, tookMs }: AlertTest): string {
  return `${channel}: ${delivered ? 'accepted' : 'not accepted'}${answer === null ? '' : ` (${answer})`}, ${tookMs} ms`
}

function renderStatus({ channels, quiet, incidents }: AlertStatus): string {
  const now = new Date()
  const said = channels.map((channel) => sayChannel(channel, now))
  const rows = incidents.map(({ state, severity, kind, sentence, openedAt, key }) => [
    ...[state, severity, kind, openedAt === null ? '' : utcTime(openedAt).slice(0, 19), sentence, key],
  ])
  return [
    ...(said.length > 0 ? said : ['No channel is configured. Set ALERT_WEBHOOK_URL or ALERT_SMTP_URL (docs/configuration.md).']),
    ...(quiet ? ['Quiet hours: only critical alerts go out.'] : []),
    '',
    rows.length === 0 ? 'No incident was reported.' : renderTable(['STATE', 'SEVERITY', 'KIND', 'OPENED (UTC)', 'WHAT', 'KEY'], rows),
  ].join('\n')
}
