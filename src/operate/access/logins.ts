import { Counter, type Registry } from 'prom-client'
import { atMostEvery } from '../../platform/at-most-every.ts'
import { networkOf } from './token-guard.ts'

export type LoginMethod = 'token' | 'oidc'

/** Counts logins on the pages. Refused ones by single sign-on are logged and audited too; the token guard does the same for wrong tokens. */
export interface Logins {
  opened(method: LoginMethod): void
  refused(method: LoginMethod, seen: { code: string; address: string; error?: unknown }): void
}

interface Options {
  metrics: Registry
  /** Called at most once in 10 s, with the number of refused logins since the last call. */
  warn(seen: { count: number; code: string; network: string; detail: string | null }): void
  /** Called at most once per minute. */
  record(seen: { count: number; code: string; network: string }): void
  /** Milliseconds since 1970. */
  now: () => number
}

const WARN_EVERY_MS = 10_000
const AUDIT_EVERY_MS = 60_000

export function createLogins({ metrics, warn, record, now }: Options): Logins {
  const logins = new Counter({
    name: 'gatehouse_operator_logins_total',
    help: 'Logins on the pages, by method (token, oidc) and result: opened, refused.',
    labelNames: ['method', 'result'],
    registers: [metrics],
  })
  const warnSometimes = atMostEvery(
    WARN_EVERY_MS,
    (count: number, code: string, network: string, detail: string | null) => warn({ count, code, network, detail }),
    now,
  )
  const recordSometimes = atMostEvery(
    AUDIT_EVERY_MS,
    (count: number, code: string, network: string) => record({ count, code, network }),
    now,
  )
  return {
    opened: (method) => logins.inc({ method, result: 'opened' }),
    refused: (method, { code, address, error }) => {
      logins.inc({ method, result: 'refused' })
      if (method === 'token') return
      warnSometimes(code, networkOf(address), detailOf(error))
      recordSometimes(code, networkOf(address))
    },
  }
}

/** The library's own sentence. What hangs on its errors (claims, the provider's answer) holds personal data and stays out of the log. */
function detailOf(error: unknown): string | null {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : null
}
