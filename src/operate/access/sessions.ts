import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import {
  deleteSession,
  deleteSessionsOf,
  findSession,
  insertSession,
  type OpenSession,
  type OperatorSession,
  touchSession,
} from '../../operators/operator-sessions.ts'
import type { Perform } from '../audited.ts'
import { OperatorStateError } from './operators.ts'

/** Seconds after which a session ends even if it is in use. */
export const SESSION_SECONDS = 12 * 3_600
/** Milliseconds between two writes of a session's last use. */
const TOUCH_EVERY_MS = 60_000

/** The sessions of the pages. The database holds only a hash of each id. */
export interface SessionUseCases {
  /** Starts a session after the credential was checked. The audit records the login. @throws OperatorStateError if the operator was removed */
  openSession(idHash: Buffer, opened: Omit<OperatorSession, 'expiresAt'>): Promise<OperatorSession>
  /**
   * With the role of its operator now. Null if it expired, was ended, was idle for `idleMs`, or its operator or token has ended. `active`:
   * the operator acted, as opposed to a page refresh.
   */
  findSession(idHash: Buffer, options: { idleMs: number; active: boolean }): Promise<OpenSession | null>
  /** Ends the session immediately, also for a copied cookie. */
  endSession(idHash: Buffer): Promise<void>
  /** Ends the sessions of one operator, or all. Returns how many. */
  endSessions(options: { operator: string | null; reason: string }, actor: Actor): Promise<number>
  /** Records wrong operator tokens in the audit. */
  recordRefusedTokens(seen: { count: number; face: string; network: string }): Promise<void>
}

export function sessionUseCases({ pool, perform, now }: { pool: Pool; perform: Perform; now: () => number }): SessionUseCases {
  return {
    openSession: (idHash, opened) => {
      const { operator, source } = opened
      const at = new Date(now())
      const session = { ...opened, expiresAt: new Date(now() + SESSION_SECONDS * 1_000) }
      const rule = { action: 'session.open', target: operator, reason: null, data: { source }, entry: 'before' as const }
      return perform(person(operator), rule, async () => {
        if (!(await insertSession(pool, { idHash, at, ...session }))) throw new OperatorStateError(`Operator ${operator} was removed.`)
        return session
      })
    },
    findSession: async (idHash, { idleMs, active }) => {
      const at = new Date(now())
      const found = await findSession(pool, idHash, { at, idleSince: new Date(now() - idleMs) })
      if (!found) return null
      if (active && now() - found.seenAt.getTime() >= TOUCH_EVERY_MS) await touchSession(pool, idHash, at)
      return found
    },
    endSession: async (idHash) => {
      const operator = await deleteSession(pool, idHash)
      if (operator === null) return
      await perform(person(operator), { action: 'session.close', target: operator, reason: null, entry: 'before' }, async () => undefined)
    },
    endSessions: ({ operator, reason }, actor) => {
      const rule = { action: 'session.revoke', target: operator ?? 'everybody', reason, entry: 'before' as const }
      return perform(actor, { ...rule, result: (ended: number) => ({ data: { ended } }) }, () => deleteSessionsOf(pool, operator))
    },
    recordRefusedTokens: ({ count, face, network }) => {
      const actor: Actor = { kind: 'machine', name: 'gatehouse' }
      const rule = { action: 'token.refused', target: face, reason: null, data: { count, network }, entry: 'before' as const }
      return perform(actor, rule, async () => undefined)
    },
  }
}

function person(name: string): Actor {
  return { kind: 'operator', name }
}
