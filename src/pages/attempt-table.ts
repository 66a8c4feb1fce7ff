import type { AttemptRecord } from '../operate/use-cases.ts'
import { type Html, html } from './html.ts'
import { dataTable, moment } from './page-parts.ts'

/** The attempts of effects: each call to Paxos or to the application, with its result. */
export function attemptTable(attempts: readonly AttemptRecord[], now: Date): Html {
  const rows = attempts.map(({ at, step, attemptNo, operation, status, code, problemType, detail, durationMs }) => [
    moment(at, now),
    html`${step} <small>no. ${String(attemptNo)}</small>`,
    operation,
    status === null ? null : String(status),
    code === null ? 'succeeded' : html`<code>${code}</code>${problemType && html`<br><small>${problemType}</small>`}`,
    detail,
    `${durationMs} ms`,
  ])
  return dataTable('Attempts', ['At', 'Effect', 'Operation', 'Status', 'Result', 'Detail', { name: 'Took', numeric: true }], rows)
}
