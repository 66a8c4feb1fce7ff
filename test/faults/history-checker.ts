import type { Pool } from 'pg'
import type { StoryLog } from '../../src/sandbox/story-log.ts'

/** A notice as it arrived at the brokerage's application. */
export interface NoticeSend {
  /** Its `webhook-id`. */
  key: string
  body: string
  atMs: number
  /** It was taken, and the receiver could say so. */
  answered: boolean
}

/** What outsiders saw, and what we wrote down. */
export interface History {
  /** Of the simulator. */
  story: StoryLog
  sends: readonly NoticeSend[]
  /** The database with inbox and ledger, read only. */
  pool: Pool
  /** Events that were answered 2xx. */
  accepted: readonly string[]
  /** When a process of ours died, milliseconds since 1970: what it had under way has an unknown outcome. */
  deaths: readonly number[]
}

export interface Verdict {
  /** Each way in which the promise was broken; empty when it was kept. */
  faults: string[]
  ended: number
  accounts: number
  /** Different notices. */
  notices: number
  /** Notices sent again under their key, each after an unknown outcome. Allowed, and counted apart. */
  resent: number
  /** Accounts asked for again, each after an unknown outcome and a look whether it is there. */
  askedAgain: number
}

/** The clock of a death and that of a request still on its way to the other side may differ by so much, milliseconds. */
const ON_ITS_WAY_MS = 1_000

/**
 * Checks the promise against the history alone: the simulator's log, what the receiver of notices got, and the tables. Knows
 * nothing of how the pipeline works, so that it cannot share its mistakes.
 */
export async function checkHistory(history: History): Promise<Verdict> {
  const ledger = await readLedger(history.pool)
  const faults: string[] = []
  const fault = (text: string): void => void faults.push(text)

  const ended = checkInbox(history, ledger, fault)
  const identities = new Set([...ledger.onboardings.keys(), ...history.story.of('account-created').map(({ identityId }) => identityId)])
  let askedAgain = 0
  for (const identityId of identities) {
    checkAccount(history, ledger, { identityId, fault })
    askedAgain += checkAccountCalls(history, { identityId, fault })
    checkEntries(ledger, { identityId, fault })
  }
  const resent = checkNotices(history, ledger, fault)
  const notices = new Set(history.sends.map(({ key }) => key)).size
  return { faults, ended, accounts: history.story.of('account-created').length, notices, resent, askedAgain }
}

interface Ledger {
  events: Map<string, { state: string; error_code: string | null }>
  onboardings: Map<string, { state: string; account_id: string | null; profile_id: string | null }>
  effects: { identity_id: string; step: string; kind: string; key: string; state: string; receipt: Record<string, unknown> | null }[]
  entries: { identity_id: string; entry_no: number; kind: string; data: Record<string, unknown>; prev_hash: Buffer; hash: Buffer }[]
}

async function readLedger(pool: Pool): Promise<Ledger> {
  const events = await pool.query('SELECT event_id, state, error_code FROM inbox_event')
  const onboardings = await pool.query('SELECT identity_id, state, account_id, profile_id FROM onboarding')
  const effects = await pool.query('SELECT identity_id, step, kind, key, state, receipt FROM effect')
  const entries = await pool.query(
    'SELECT identity_id, entry_no, kind, data, prev_hash, hash FROM ledger_entry ORDER BY identity_id, entry_no',
  )
  return {
    events: new Map(events.rows.map((row) => [row.event_id, row])),
    onboardings: new Map(onboardings.rows.map((row) => [row.identity_id, row])),
    effects: effects.rows,
    entries: entries.rows,
  }
}

type Report = (fault: string) => void

/** Accepted means stored, and stored events end. */
function checkInbox({ accepted }: History, { events }: Ledger, fault: Report): number {
  for (const id of accepted) if (!events.has(id)) fault(`lost: event ${id} was answered 2xx and is not in the inbox`)
  for (const [id, { state, error_code }] of events)
    if (state !== 'processed') fault(`not ended: event ${id} is ${state} (${error_code ?? 'no error'})`)
  return [...events.values()].filter(({ state }) => state === 'processed').length
}

/** At most one account, with the profile that the ledger names; one exactly where the customer is ready. */
function checkAccount(
  { story }: History,
  { onboardings, effects }: Ledger,
  { identityId, fault }: { identityId: string; fault: Report },
): void {
  const made = story.of('account-created').filter((entry) => entry.identityId === identityId)
  const onboarding = onboardings.get(identityId)
  const receipt = effects.find((effect) => effect.identity_id === identityId && effect.step === 'account')?.receipt
  if (made.length > 1) fault(`doubled: identity ${identityId} has ${made.length} accounts`)
  if (made.length > 0 && !onboarding) fault(`out of nothing: identity ${identityId} has an account and no onboarding`)
  if (made.length > 0 && onboarding?.account_id !== made[0]?.accountId)
    fault(`account of ${identityId}: Paxos made ${made[0]?.accountId}, the ledger says ${onboarding?.account_id}`)
  if (made.length > 0 && onboarding?.profile_id !== made[0]?.profileId)
    fault(`profile of ${identityId}: Paxos made ${made[0]?.profileId}, the ledger says ${onboarding?.profile_id}`)
  if (made.length > 0 && receipt?.accountId !== made[0]?.accountId) fault(`account of ${identityId} has no receipt that names it`)
  if (made.length === 0 && onboarding?.account_id) fault(`account of ${identityId} is in the ledger and not at Paxos`)
  if (made.length === 0 && onboarding?.state === 'ready') fault(`ready without an account: ${identityId}`)
  if (onboarding && !['ready', 'denied', 'disabled', 'documents_required', 'held'].includes(onboarding.state))
    fault(`left on the way: identity ${identityId} is ${onboarding.state}`)
}

/** Asked again only under the same ref_id, after an unknown outcome, and only after a look whether it is there. */
function checkAccountCalls({ story, deaths }: History, { identityId, fault }: { identityId: string; fault: Report }): number {
  const calls = story.of('call').filter((entry) => entry.identityId === identityId)
  const posts = calls.filter(({ operation }) => operation === 'POST /identity/accounts')
  if (new Set(posts.map(({ refId }) => refId)).size > 1) fault(`account of ${identityId} was asked for under several keys`)
  for (const [index, post] of posts.entries()) {
    const before = posts[index - 1]
    if (!before) continue
    const unknown = before.outcome !== 'answered' || diedBetween(deaths, before.atMs, post.atMs)
    if (!unknown) fault(`account of ${identityId} was asked for again although the answer was known`)
    const looked = calls.some(({ operation, seq }) => operation === 'GET /identity/accounts' && seq > before.seq && seq < post.seq)
    if (!looked) fault(`account of ${identityId} was asked for again without a look whether it is there`)
  }
  return Math.max(0, posts.length - 1)
}

/** One key for each transition; the same words under it each time; again only after an unknown outcome. */
function checkNotices({ sends, deaths }: History, { effects, entries }: Ledger, fault: Report): number {
  const notices = effects.filter(({ kind }) => kind === 'notice')
  const byKey = Map.groupBy(sends, ({ key }) => key)
  for (const [key, copies] of byKey) {
    if (!notices.some((notice) => notice.key === key)) fault(`a notice that nobody intended: ${key}`)
    if (new Set(copies.map(({ body }) => body)).size > 1) fault(`notice ${key} says different things`)
    for (const [index, copy] of copies.entries()) {
      const before = copies[index - 1]
      if (before?.answered && !diedBetween(deaths, before.atMs, copy.atMs)) fault(`notice ${key} was sent again although it was taken`)
    }
  }
  for (const { key, state } of notices) {
    const taken = byKey.get(key)?.some(({ answered }) => answered) ?? false
    if (state === 'done' && !taken) fault(`notice ${key} is done in the ledger and never arrived`)
    if (state === 'intended' || state === 'refused') fault(`notice ${key} is still ${state}`)
  }
  for (const identityId of new Set(notices.map(({ identity_id }) => identity_id))) {
    const told = [...byKey.keys()].filter((key) => notices.some((notice) => notice.key === key && notice.identity_id === identityId))
    const moves = entries.filter(({ identity_id, kind, data }) => identity_id === identityId && isTold(kind, data))
    if (told.length > moves.length) fault(`identity ${identityId} had ${moves.length} transitions to tell of and ${told.length} notices`)
  }
  return sends.length - byKey.size
}

/** The transitions of which the user hears. */
function isTold(kind: string, data: Record<string, unknown>): boolean {
  return kind === 'documents.required' || (kind === 'state.moved' && ['ready', 'denied', 'disabled'].includes(String(data.to)))
}

/** Numbered without gaps, each linked to the one before, one receipt for each step. */
function checkEntries({ entries }: Ledger, { identityId, fault }: { identityId: string; fault: Report }): void {
  const own = entries.filter(({ identity_id }) => identity_id === identityId)
  for (const [index, entry] of own.entries()) {
    if (entry.entry_no !== index + 1) fault(`ledger of ${identityId} has a gap before entry ${entry.entry_no}`)
    if (!entry.prev_hash.equals(own[index - 1]?.hash ?? Buffer.alloc(32)))
      fault(`ledger of ${identityId} is broken at entry ${entry.entry_no}`)
  }
  for (const kind of ['effect.intended', 'effect.done']) {
    const steps = own.filter((entry) => entry.kind === kind).map(({ data }) => data.step)
    if (new Set(steps).size < steps.length) fault(`ledger of ${identityId} has an ${kind} twice for one step`)
  }
}

function diedBetween(deaths: readonly number[], fromMs: number, toMs: number): boolean {
  return deaths.some((atMs) => atMs >= fromMs - ON_ITS_WAY_MS && atMs <= toMs)
}
