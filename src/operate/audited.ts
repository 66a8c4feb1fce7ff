import type { Pool } from 'pg'
import { type AuditEntry, appendAudits, type TimedDeed } from '../audit/audit.ts'
import type { Actor } from '../domain/actor.ts'
import { errorCode } from '../platform/app-error.ts'
import { createGroupCommitter } from '../platform/group-committer.ts'

/** How an action is audited. It is declared with the action, before the action runs. */
export interface AuditRule<Result> {
  /** `replay.approve`: the noun, then the verb. */
  action: string
  target: string
  reason: string | null
  data?: Record<string, unknown>
  /**
   * `before`: the entry is committed before the action runs, so that a crash cannot lose its reason. The action does not run when
   * the entry cannot be written. `after`: only a success is recorded, for actions that run many times per minute and take no reason.
   */
  entry: 'before' | 'after'
  /** The result: part of the entry `after`, or a separate entry `<action>.done`. */
  result?: (result: Result) => { target?: string; data: Record<string, unknown> }
}

/** Runs an action and audits it by its rule. A failed action leaves `<action>.failed` with its error code. */
export type Perform = <Result>(actor: Actor, rule: AuditRule<Result>, act: () => Promise<Result>) => Promise<Result>

const MAX_BATCH = 100
const MAX_WAITING = 10_000

/** Entries of actions that run at the same time share a commit. `now`: milliseconds since 1970. */
export function createPerform(pool: Pool, now: () => number): Perform {
  const write = (deeds: TimedDeed[]): Promise<AuditEntry[]> => appendAudits(pool, deeds)
  const entries = createGroupCommitter({ write, maxBatch: MAX_BATCH, maxWaiting: MAX_WAITING })
  return async (actor, { action, target, reason, data: given = {}, entry, result }, act) => {
    const via = actor.via === undefined ? {} : { via: actor.via }
    const data = { ...given, ...via }
    const record = async (suffix: string, more: { target?: string; data?: Record<string, unknown> } = {}): Promise<void> => {
      await entries.submit({ actor, action: `${action}${suffix}`, target, reason, data, ...more, at: new Date(now()) })
    }
    if (entry === 'before') await record('')
    let done: Awaited<ReturnType<typeof act>>
    try {
      done = await act()
    } catch (error) {
      // A failure of the audit must not hide why the action failed.
      await record('.failed', { data: { ...data, code: errorCode(error) } }).catch(() => undefined)
      throw error
    }
    const told = result?.(done)
    const outcome = told && { ...told, data: { ...told.data, ...via } }
    if (entry === 'after') await record('', outcome)
    else if (outcome) await record('.done', outcome)
    return done
  }
}
