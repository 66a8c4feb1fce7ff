import type { Command } from 'commander'
import type { DriftReport } from '../operate/reconcile/drift.ts'
import { counted } from '../operate/say/counted.ts'
import { utcTime } from '../operate/say/say-time.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { type OpenUseCases, systemUser, withUseCases } from './command-input.ts'
import type { Print } from './print.ts'
import { renderTable } from './render-table.ts'

/** `reconcile drift`: compares the record with Paxos. */
export function registerDrift(reconcile: Command, { open, print }: { open: OpenUseCases; print: Print }): void {
  reconcile
    .command('drift')
    .description('compare identities, accounts, balances and orders with Paxos; exit 1 on any difference')
    .option('--plan', 'also plan the replay that heals what a replay can heal')
    .option('--operator <name>', 'your name, for the audit', systemUser())
    .option('--json', 'print JSON')
    .action(async ({ plan, operator, json }: { plan?: boolean; operator: string; json?: boolean }) => {
      await withUseCases(open, async (useCases) => {
        const report = await useCases.findDrift({ plan }, { kind: 'operator', name: operator })
        print(json ? JSON.stringify(report, null, 2) : renderDrift(report))
        if (report.differences > 0) process.exitCode = 1
      })
    })
}

function renderDrift({ at, parts, differences, complete, replayId }: DriftReport): string {
  const rows = parts.map(({ name, checked, differences: found, incomplete }) => [
    name,
    String(checked),
    String(found.length),
    incomplete ?? '',
  ])
  const listed = parts.flatMap((part) => part.differences.map((each) => [each.class, each.subject, each.problem, each.healedBy]))
  const heals = parts.some((part) => part.differences.some(({ healedBy }) => healedBy === 'replay'))
  const next = replayId
    ? `Approve the replay that heals: ${GATEHOUSE} replay show ${replayId}`
    : heals
      ? `Plan the replay that heals: ${GATEHOUSE} reconcile drift --plan`
      : null
  return [
    renderTable(['PART', 'CHECKED', 'DIFFERENCES', 'INCOMPLETE'], rows),
    ...(listed.length > 0 ? ['', renderTable(['CLASS', 'WHERE', 'DIFFERENCE', 'HEALED BY'], listed)] : []),
    ...['', `${counted(differences, 'difference')} at ${utcTime(at)}.${complete ? '' : ' Not everything was compared.'}`],
    ...(next ? [next] : []),
  ].join('\n')
}
