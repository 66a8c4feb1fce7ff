import { utcTime } from '../operate/say/say-time.ts'
import type { AttemptRecord } from '../operate/use-cases.ts'
import { renderTable } from './render-table.ts'

/** The attempts of effects for a terminal: each call to Paxos or to the application, with its result. */
export function renderAttempts(attempts: readonly AttemptRecord[]): string {
  const rows = attempts.map(({ at, step, attemptNo, operation, status, code, problemType, detail, durationMs }) => [
    utcTime(at),
    `${step} no. ${attemptNo}`,
    operation ?? '',
    status === null ? '' : String(status),
    [code ?? 'succeeded', problemType, detail].filter((part) => part !== null).join(' '),
    `${durationMs} ms`,
  ])
  return renderTable(['AT (UTC)', 'EFFECT', 'OPERATION', 'STATUS', 'RESULT', 'TOOK'], rows)
}
