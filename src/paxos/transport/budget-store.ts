import type { Pool } from 'pg'
import { ServiceUnavailableError } from '../../platform/app-error.ts'
import { withTimeout } from '../../platform/with-timeout.ts'
import { type BudgetState, readBudgetState } from './budget-state.ts'

/** The one place that keeps a shared budget, with the clock that counts. */
export interface BudgetStore {
  /**
   * Replaces the state by the result of `change`, unless they are equal. No other writer comes in between. May call `change` several times.
   * @throws SERVICE_UNAVAILABLE when the store does not answer. It is then unknown whether the state was changed
   */
  update<T extends { state: BudgetState }>(change: (state: BudgetState, nowMs: number) => T): Promise<T>
}

/** Calls wait for the store. After this time they go back to the queue. */
const TIMEOUT_MS = 2_000

/**
 * Keeps the budget in Postgres: read, decide, write if the version is unchanged. No lock is held meanwhile, so a stopped or disconnected
 * process delays no other.
 */
export function createPostgresBudgetStore({ pool }: { pool: Pool }): BudgetStore {
  const update = async <T extends { state: BudgetState }>(
    change: (state: BudgetState, nowMs: number) => T,
    isLate: () => boolean,
  ): Promise<T> => {
    for (;;) {
      const { rows } = await pool.query<{ version: string; state: unknown; now_ms: number }>(
        'SELECT version, state, (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now_ms FROM paxos_budget WHERE id = 1',
      )
      const row = rows[0]
      if (!row) throw new Error('the table paxos_budget has lost its row')
      const before = readBudgetState(row.state)
      const changed = change(before, row.now_ms)
      if (changed.state === before) return changed
      if (isLate()) throw new Error('given up') // the caller has given up: permits taken now would be lost for five minutes
      const { rowCount } = await pool.query('UPDATE paxos_budget SET version = version + 1, state = $2 WHERE id = 1 AND version = $1', [
        row.version,
        JSON.stringify(changed.state),
      ])
      if (rowCount === 1) return changed
    }
  }
  return {
    update: async (change) => {
      let late = false
      const tooLate = (): Error => {
        late = true
        return new Error(`no answer within ${TIMEOUT_MS} ms`)
      }
      try {
        return await withTimeout(
          TIMEOUT_MS,
          update(change, () => late),
          tooLate,
        )
      } catch (cause) {
        throw new ServiceUnavailableError('Postgres, which holds the budget for calls to Paxos, does not answer; nothing was sent.', {
          cause,
        })
      }
    },
  }
}

/** Keeps an unshared budget in this process's memory. `now` in milliseconds. */
export function createMemoryBudgetStore({ now }: { now: () => number }): BudgetStore {
  let state = readBudgetState({})
  return {
    update: async (change) => {
      const changed = change(state, now())
      state = changed.state
      return changed
    },
  }
}
