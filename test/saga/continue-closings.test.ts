import { Registry } from 'prom-client'
import { describe, expect, it, onTestFinished } from 'vitest'
import { moveClosing, openClosing } from '../../src/domain/account/account-closing.ts'
import { draftOf } from '../../src/domain/stream.ts'
import { createInbox } from '../../src/inbox/inbox.ts'
import { ACCOUNT_CLOSING_TABLE } from '../../src/ledger/account-closing-table.ts'
import { createLedger } from '../../src/ledger/ledger.ts'
import { createLogger } from '../../src/platform/logger.ts'
import { createPool } from '../../src/platform/postgres/postgres.ts'
import { continueClosings } from '../../src/saga/continue-closings.ts'
import { createTestDatabase } from '../support/test-database.ts'

async function open() {
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const pool = createPool({ connectionString: database.url, max: 4, applicationName: 'test' })
  onTestFinished(() => pool.end())
  const logger = createLogger({ level: 'silent' })
  const inbox = createInbox({ pool, connectionString: database.url, logger, metrics: new Registry(), onAccepted: async () => {} })
  onTestFinished(() => inbox.close())
  const ledger = createLedger({ pool, table: ACCOUNT_CLOSING_TABLE })
  onTestFinished(() => ledger.close())
  /** A closing in this state that was last looked at `seconds` ago. */
  const closing = async (digit: string, state: 'cancelling' | 'waiting' | 'closed', seconds: number): Promise<string> => {
    const closingId = `closing-${digit.repeat(32)}`
    const draft = openClosing({ closingId, accountId: `account-${digit}`, identityId: 'identity', profileId: 'profile' }, 0)
    const moved = moveClosing(draftOf(draft, draft.entries), { ...draft.closing, state })
    await ledger.commit({ before: null, draft: moved, actor: 'test', at: new Date() })
    await pool.query('UPDATE account_closing SET updated_at = $2 WHERE closing_id = $1', [
      closingId,
      new Date(Date.now() - seconds * 1_000),
    ])
    return closingId
  }
  const timed = async () =>
    (await pool.query<{ id: string }>("SELECT stream_id AS id FROM inbox_event WHERE state = 'accepted' ORDER BY 1")).rows.map(
      ({ id }) => id,
    )
  return { pool, inbox, closing, timed, round: () => continueClosings({ pool, inbox }) }
}

describe('A45: the poll over closings', () => {
  it('sets one timer for each closing that is due, and none for one that was looked at just now or has ended', async () => {
    const { closing, timed, round } = await open()
    const due = [await closing('1', 'cancelling', 2), await closing('2', 'waiting', 31)]
    await closing('3', 'waiting', 29)
    await closing('4', 'closed', 600)
    await round()
    await round()
    expect(await timed()).toEqual(due)
  })

  it('opens a timer again that succeeded, and leaves one parked that failed for good', async () => {
    const { inbox, closing, timed, round } = await open()
    const [succeeded] = [await closing('1', 'cancelling', 2), await closing('2', 'cancelling', 2)]
    await round()
    for (const { seq, generation } of await inbox.claimDue({ limit: 10 })) {
      const row = await inbox.load(seq)
      const parked = row?.streamId !== succeeded
      await inbox.complete({
        seq,
        generation,
        ...(parked ? { state: 'parked', errorCode: 'FEATURE_OFF' } : { state: 'processed', outcome: 'moved:cancelling' }),
      })
    }
    expect(await timed()).toEqual([])
    await round()
    expect(await timed()).toEqual([succeeded])
  })

  it('is for one closing of an account: a second one that was not stopped is refused by the database', async () => {
    const { pool, closing } = await open()
    await closing('1', 'waiting', 0)
    const copy = () =>
      pool.query(
        `INSERT INTO account_closing SELECT (jsonb_populate_record(c, jsonb_build_object('closing_id', $1::text))).* FROM account_closing c LIMIT 1`,
        [`closing-${'2'.repeat(32)}`],
      )
    await expect(copy()).rejects.toMatchObject({ constraint: 'account_closing_once' })
    await pool.query("UPDATE account_closing SET state = 'stopped'")
    await expect(copy()).resolves.toBeDefined()
  })

  it('looks at two waiting closings in a round, and at each in turn', async () => {
    const { closing, timed, round } = await open()
    for (const digit of ['1', '2', '3', '4', '5']) await closing(digit, 'waiting', 60)
    await round()
    expect(await timed()).toHaveLength(2)
    for (let rounds = 0; rounds < 10; rounds += 1) {
      await new Promise((resolve) => setTimeout(resolve, 300))
      await round()
    }
    expect(await timed()).toHaveLength(5)
  })
})
