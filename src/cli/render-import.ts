import type { ImportRecord } from '../domain/bulk-import.ts'
import { utcTime } from '../operate/say/say-time.ts'
import { renderTable } from './render-table.ts'

export function renderImports(imports: readonly ImportRecord[]): string {
  const rows = imports.map(({ requestedAt, state, id, position, records, rejected, requestedBy }) => [
    ...[utcTime(requestedAt).slice(0, 19), state, id, `${position} of ${records}`, String(rejected), requestedBy],
  ])
  return renderTable(['REQUESTED (UTC)', 'STATE', 'IMPORT', 'LINES', 'REJECTED', 'BY'], rows)
}

export function renderImport(found: ImportRecord): string {
  const { id, state, position, records, created, existing, held, rejected, fileSha256, requestedAt, requestedBy, finishedAt, lastError } =
    found
  return [
    `${id}: ${state}, ${position} of ${records} lines`,
    `  created      ${created}`,
    `  existing     ${existing} (requested before; nothing was sent)`,
    `  held         ${held} (Paxos knows the person already; an operator decides)`,
    `  rejected     ${rejected}`,
    `  file         SHA-256 ${fileSha256}`,
    `  requested    ${utcTime(requestedAt)} by ${requestedBy}`,
    ...(finishedAt ? [`  finished     ${utcTime(finishedAt)}`] : []),
    ...(lastError ? [`  stopped by   ${lastError}`] : []),
  ].join('\n')
}
