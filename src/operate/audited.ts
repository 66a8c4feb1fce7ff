import type { Pool } from 'pg'
import { appendAudit } from '../audit/audit.ts'
import type { Actor } from '../domain/actor.ts'
import { errorCode } from '../platform/app-error.ts'

/** How an action stands in the audit. It is declared with the action, before the action runs. */
export interface AuditRule<Result> {
  /** `replay.approve`: the noun, then the verb. */
  action: string
  target: string
  reason: string | null
  data?: Record<string, unknown>
  /**
   * `before`: the entry is committed before the action runs, so that its reason is not lost with the process; the action does not run when
   * the entry cannot be written. `after`: only success is told, for what is repeated many times a minute and gives no reason.
   */
  entry: 'before' | 'after'
  /** What came of it: part of the entry `after`, or an entry `<action>.done` of its own. */
  result?: (result: Result) => { target?: string; data: Record<string, unknown> }
}

/** Runs an action and audits it by its rule. An action that fails leaves `<action>.failed` with its error code. */
export type Perform = <Result>(actor: Actor, rule: AuditRule<Result>, act: () => Promise<Result>) => Promise<Result>

/** `now`: milliseconds since 1970. */
export function createPerform(pool: Pool, now: () => number): Perform {
  return async (actor, { action, target, reason, data = {}, entry, result }, act) => {
    const record = async (suffix: string, more: { target?: string; data?: Record<string, unknown> } = {}): Promise<void> => {
      await appendAudit(pool, { actor, action: `${action}${suffix}`, target, reason, data, ...more }, new Date(now()))
    }
    if (entry === 'before') await record('')
    let done: Awaited<ReturnType<typeof act>>
    try {
      done = await act()
    } catch (error) {
      // An audit that cannot be written must not hide why the action failed.
      await record('.failed', { data: { ...data, code: errorCode(error) } }).catch(() => undefined)
      throw error
    }
    const told = result?.(done)
    if (entry === 'after') await record('', told)
    else if (told) await record('.done', told)
    return done
  }
}
