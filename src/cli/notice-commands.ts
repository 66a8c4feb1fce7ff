import type { Command } from 'commander'
import { type OpenUseCases, systemUser, withUseCases } from './command-input.ts'
import { type Print, print as toStdout } from './print.ts'

/** `notice test`: checks that the application accepts notifications. */
export function registerNoticeCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  program
    .command('notice')
    .description('notifications to your application')
    .command('test')
    .description('send one signed test notification (gatehouse.test) to NOTIFY_WEBHOOK_URL; exit 1 if it is not accepted')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
    .action(async ({ operator, json }: { operator: string; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const sent = await useCases.testNotice({ kind: 'operator', name: operator })
        if (json) return print(JSON.stringify(sent, null, 2))
        print(
          `The application accepted the test notification: ${sent.url} answered ${sent.status} in ${sent.tookMs} ms.\nIts webhook-id: ${sent.key}`,
        )
      })
    })
}
