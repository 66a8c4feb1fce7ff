import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Reconciliation } from '../operate/reconcile/reconciliations.ts'
import { sayReconciliation } from '../operate/reconcile/say-reconciliation.ts'
import { utcTime } from '../operate/say/say-time.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type OpenUseCases, parseCount, parseId, parseTime, systemUser, withUseCases } from './command-input.ts'
import { registerDrift } from './drift-command.ts'
import { type Print, print as toStdout } from './print.ts'
import { registerShow } from './register-show.ts'
import { giveCertificate, registerVerify } from './register-verify.ts'
import { renderTable } from './render-table.ts'

interface Parts {
  open: OpenUseCases
  print: Print
}

const CHECK_EVERY_MS = 500
const DEFAULT_WAIT_SECONDS = 600

/** `reconcile run|drift|list|show|certificate|key|verify`: compares List Events with the inbox, and proves that nothing is missing. */
export function registerReconcileCommands(program: Command, open: OpenUseCases, print: Print = toStdout): void {
  const reconcile = program
    .command('reconcile')
    .description("compare Paxos's List Events with the inbox, and certify that nothing is missing")
  registerRun(reconcile, { open, print })
  registerDrift(reconcile, { open, print })
  registerReads(reconcile, { open, print })
  registerCertificates(reconcile, { open, print })
}

function registerRun(reconcile: Command, { open, print }: Parts): void {
  reconcile
    .command('run')
    .description('compare a window, take in what is missing, and wait for the result; exit 1 if the certificate is withheld')
    .option('--from <time>', 'start of the window (default: 24 h before its end)', parseTime)
    .option('--to <time>', 'end of the window, at least 30 s ago (default: 30 s ago)', parseTime)
    .option('--operator <name>', 'who asks', systemUser())
    .option('--wait <seconds>', 'how long to wait for the result', parseCount(86_400), DEFAULT_WAIT_SECONDS)
    .option('--no-wait', 'request it and return')
    .option('--json', 'print JSON')
    .action(async (flags: { from?: Date; to?: Date; operator: string; wait: number | false; json?: boolean }) => {
      const { from, to, operator, wait, json } = flags
      await withUseCases(open, async (useCases) => {
        const requested = await useCases.requestReconciliation({ from, to }, { kind: 'operator', name: operator })
        const until = Date.now() + (wait === false ? 0 : wait * 1_000)
        let seen = requested
        while (seen.finishedAt === null && Date.now() < until) {
          await sleep(CHECK_EVERY_MS)
          seen = (await useCases.getReconciliation(requested.id)) ?? seen
        }
        show(seen, { print, json })
        if (seen.state === 'withheld') process.exitCode = 1
      })
    })
}

function registerReads(reconcile: Command, { open, print }: Parts): void {
  reconcile
    .command('list')
    .description('comparisons, last requested first')
    .option('--limit <count>', 'how many', parseCount(200), 20)
    .option('--json', 'print JSON')
    .action(async ({ limit, json }: { limit: number; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const { items } = await useCases.listReconciliations({ limit })
        if (json) print(JSON.stringify({ items }, null, 2))
        else print(items.length === 0 ? `No reconciliation yet. Run one: ${GATEHOUSE} reconcile run` : renderList(items))
      })
    })
  registerShow<Reconciliation>(
    reconcile,
    { open, print },
    {
      description: 'one comparison: window, counts, and why a certificate is withheld',
      argument: ['id', 'as reconcile list prints it'],
      parse: parseId,
      find: (useCases, id) => useCases.getReconciliation(id),
      render,
      unknown: sayUnknown,
    },
  )
}

function registerCertificates(reconcile: Command, { open, print }: Parts): void {
  reconcile
    .command('certificate')
    .description('print the signed certificate of a complete comparison (a compact JWS)')
    .argument('<id>', 'as reconcile list prints it', parseId)
    .option('--out <file>', 'write it to this file')
    .option('--json', 'print JSON, with the claims and the public key')
    .action(async (id: string, { out, json }: { out?: string; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const certified = known(await useCases.certifyReconciliation(id), id)
        const text = json ? JSON.stringify(certified, null, 2) : certified.certificate
        giveCertificate(text, { noun: 'reconcile', out, print })
      })
    })
  reconcile
    .command('key')
    .description('print the public key that verifies certificates (JWK); give it to your auditor once')
    .action(async () => {
      await withUseCases(open, async (useCases) => print(JSON.stringify(await useCases.certificateKey())))
    })
  registerVerify(reconcile, print, {
    verify: async (text, key) => (await import('../operate/reconcile/reconciliations.ts')).verifyCertificate(certificateIn(text), key),
    width: 14,
  })
}

/** The file holds the JWS itself, or the JSON of `certificate --json` and of the API. */
function certificateIn(text: string): string {
  try {
    const { certificate } = JSON.parse(text) as { certificate?: unknown }
    return typeof certificate === 'string' ? certificate : text
  } catch {
    return text
  }
}

function sayUnknown(id: string): string {
  return `Unknown reconciliation ${id}. ${GATEHOUSE} reconcile list shows the known ones.`
}

function known<Found>(found: Found | null, id: string): Found {
  if (found === null) throw new UsageError(sayUnknown(id))
  return found
}

function renderList(items: readonly Reconciliation[]): string {
  const rows = items.map(({ id, state, fromAt, toAt, listed, bySweep, missing }) => [
    ...[id, state, utcTime(fromAt).slice(0, 19), utcTime(toAt).slice(0, 19), String(listed), String(bySweep), String(missing)],
  ])
  return renderTable(['RECONCILIATION', 'STATE', 'FROM (UTC)', 'TO (UTC)', 'LISTED', 'BY SWEEP', 'MISSING'], rows)
}

function show(reconciliation: Reconciliation, { print, json }: { print: Print; json: boolean | undefined }): void {
  print(json ? JSON.stringify(reconciliation, null, 2) : render(reconciliation))
}

function render(reconciliation: Reconciliation): string {
  const { id, state, fromAt, toAt, requestedBy, requestedAt } = reconciliation
  const rows = [
    ['id', id],
    ['state', state],
    ['from', utcTime(fromAt)],
    ['to', utcTime(toAt)],
    ['requested', `${utcTime(requestedAt)} by ${requestedBy}`],
  ]
  return [...rows.map(([name = '', value]) => `${name.padEnd(10)} ${value}`), '', sayReconciliation(reconciliation)].join('\n')
}
