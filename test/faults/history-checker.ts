import type { Pool } from 'pg'
import type { StoryKind, StoryLog } from '../../src/sandbox/control/story-log.ts'

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
  /** When else a process of ours could not learn, or not write down, what became of a call: it was halted, or the way there was. */
  outages?: readonly Outage[]
  /** Events that Paxos never had: they are to be set aside, with nothing done. */
  forged?: readonly string[]
  /** Nothing is on its way any more: what Paxos lists is to be in the inbox, whether it was ever delivered or not. */
  complete?: boolean
}

/** Milliseconds since 1970. */
export interface Outage {
  fromMs: number
  toMs: number
}

/**
 * One way in which the promise was broken.
 *
 * - `lost`: accepted or listed, and not ended, or ended with nothing done.
 * - `doubled`: done twice, or under two keys, or out of nothing.
 * - `repeated`: asked for or told again under the same key, although nothing of the first time was unknown.
 * - `untrue`: the ledger says something else than the world, or is not whole.
 */
export interface Finding {
  kind: 'lost' | 'doubled' | 'repeated' | 'untrue'
  text: string
  /** Whichever of them it is about. */
  eventId?: string
  identityId?: string
}

export interface Verdict {
  /** Each way in which the promise was broken; empty when it was kept. */
  faults: string[]
  /** The same, with what each is about. */
  findings: Finding[]
  ended: number
  accounts: number
  /** Different notices of decisions. */
  notices: number
  /** Different notices of accounts that were opened. */
  opened: number
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
  const world = readWorld(history)
  const findings: Finding[] = []
  const report: Report = (kind, text, about = {}) => void findings.push({ kind, text, ...about })

  const ended = checkInbox(history, ledger, report)
  checkEventsLedSomewhere(world, ledger, report)
  let askedAgain = 0
  for (const identityId of new Set([...ledger.onboardings.keys(), ...world.accounts.keys()])) {
    checkAccount(world, ledger, { identityId, report })
    checkState(world, ledger, { identityId, report })
    askedAgain += checkAccountCalls(world, { identityId, report })
    checkEntries(ledger, { identityId, report })
  }
  const resent = checkNotices(history, world, { ledger, report })
  return {
    faults: findings.map(({ text }) => text),
    findings,
    ended,
    accounts: [...world.accounts.values()].flat().length,
    notices: keysOf(history.sends).filter((key) => !isOfAccount(key)).length,
    opened: keysOf(history.sends).filter(isOfAccount).length,
    resent,
    askedAgain,
  }
}

type Report = (kind: Finding['kind'], text: string, about?: Pick<Finding, 'eventId' | 'identityId'>) => void

/** What we wrote down, by identity. */
interface Ledger {
  events: Map<string, { state: string; error_code: string | null; identity_id: string | null }>
  onboardings: Map<string, { state: string; account_id: string | null; profile_id: string | null }>
  effects: Map<string, Effect[]>
  entries: Map<string, Entry[]>
}

interface Effect {
  identity_id: string
  step: string
  kind: string
  key: string
  state: string
  receipt: Record<string, unknown> | null
}

interface Entry {
  identity_id: string
  entry_no: number
  kind: string
  data: Record<string, unknown>
  prev_hash: Buffer
  hash: Buffer
}

async function readLedger(pool: Pool): Promise<Ledger> {
  const events = await pool.query('SELECT event_id, state, error_code, identity_id FROM inbox_event')
  const onboardings = await pool.query('SELECT identity_id, state, account_id, profile_id FROM onboarding')
  const effects = await pool.query<Effect>('SELECT stream_id AS identity_id, step, kind, key, state, receipt FROM effect')
  const entries = await pool.query<Entry>(
    'SELECT stream_id AS identity_id, entry_no, kind, data, prev_hash, hash FROM ledger_entry ORDER BY stream_id, entry_no',
  )
  return {
    events: new Map(events.rows.map((row) => [row.event_id, row])),
    onboardings: new Map(onboardings.rows.map((row) => [row.identity_id, row])),
    effects: Map.groupBy(effects.rows, ({ identity_id }) => identity_id),
    entries: Map.groupBy(entries.rows, ({ identity_id }) => identity_id),
  }
}

/** What Paxos saw, by identity. */
interface World {
  events: Told<'event-emitted'>[]
  eventsOf: Map<string | null, Told<'event-emitted'>[]>
  statuses: Map<string, Told<'status-changed'>[]>
  accounts: Map<string, Told<'account-created'>[]>
  calls: Map<string | undefined, Told<'call'>[]>
  /** Something between the two moments may have kept us from knowing how a call ended. */
  unknownBetween(fromMs: number, toMs: number): boolean
}

type Told<Kind extends StoryKind> = ReturnType<typeof StoryLog.prototype.of<Kind>>[number]

function readWorld({ story, deaths, outages = [] }: History): World {
  const events = story.of('event-emitted').filter(({ isTest }) => !isTest)
  const interruptions = [...deaths.map((atMs) => ({ fromMs: atMs, toMs: atMs })), ...outages]
  return {
    events,
    eventsOf: Map.groupBy(events, ({ identityId }) => identityId),
    statuses: Map.groupBy(story.of('status-changed'), ({ identityId }) => identityId),
    accounts: Map.groupBy(story.of('account-created'), ({ identityId }) => identityId),
    calls: Map.groupBy(story.of('call'), ({ identityId }) => identityId),
    unknownBetween: (fromMs, toMs) => interruptions.some((outage) => outage.toMs >= fromMs - ON_ITS_WAY_MS && outage.fromMs <= toMs),
  }
}

/** Accepted means stored, stored events end, and what Paxos never had comes to nothing. */
function checkInbox({ accepted, forged = [], complete = false, story }: History, { events }: Ledger, report: Report): number {
  for (const eventId of accepted)
    if (!events.has(eventId)) report('lost', `lost: event ${eventId} was answered 2xx and is not in the inbox`, { eventId })
  const foreign = new Set(forged)
  const real = new Set(story.of('event-emitted').flatMap(({ eventId, isTest }) => (isTest ? [] : [eventId])))
  for (const [eventId, { state, error_code, identity_id }] of events) {
    if (foreign.has(eventId)) {
      if (state !== 'parked') report('lost', `not set aside: the forged event ${eventId} is ${state}`, { eventId })
      if (identity_id !== null) report('doubled', `out of nothing: the forged event ${eventId} moved identity ${identity_id}`, { eventId })
    } else if (state !== 'processed' && (state !== 'test' || real.has(eventId)))
      report('lost', `not ended: event ${eventId} is ${state} (${error_code ?? 'no error'})`, { eventId })
  }
  if (complete)
    for (const eventId of real)
      if (!events.has(eventId)) report('lost', `missing: event ${eventId} is listed by Paxos and not in the inbox`, { eventId })
  return [...events.values()].filter(({ state }) => state === 'processed').length
}

/** The events that move an onboarding (paxos/api.md 2.7). */
const MOVING = ['identity.approved', 'identity.denied', 'identity.disabled', 'identity.documents_required']

/** No event of an identity is taken for ended while the identity is unknown. */
function checkEventsLedSomewhere({ events }: World, ledger: Ledger, report: Report): void {
  for (const { eventId, identityId, type } of events) {
    if (identityId === null || !MOVING.includes(type) || ledger.events.get(eventId)?.state !== 'processed') continue
    if (!ledger.onboardings.has(identityId))
      report('lost', `forgotten: event ${eventId} ended, and identity ${identityId} has no onboarding`, { eventId, identityId })
  }
}

interface Look {
  identityId: string
  report: Report
}

/** At most one account, with the profile that the ledger names; one exactly where the customer is ready. */
function checkAccount({ accounts }: World, { onboardings, effects }: Ledger, { identityId, report }: Look): void {
  const [first, ...more] = accounts.get(identityId) ?? []
  const onboarding = onboardings.get(identityId)
  const receipt = effects.get(identityId)?.find(({ step }) => step === 'account')?.receipt
  const about = { identityId }
  if (first) {
    if (more.length > 0) report('doubled', `doubled: identity ${identityId} has ${1 + more.length} accounts`, about)
    if (!onboarding) report('doubled', `out of nothing: identity ${identityId} has an account and no onboarding`, about)
    if (onboarding?.account_id == null) {
      report('untrue', `account of ${identityId}: Paxos made ${first.accountId}, the ledger knows of none (${onboarding?.state})`, about)
      return
    }
    if (onboarding.account_id !== first.accountId)
      report('untrue', `account of ${identityId}: Paxos made ${first.accountId}, the ledger says ${onboarding.account_id}`, about)
    if (onboarding.profile_id !== first.profileId)
      report('untrue', `profile of ${identityId}: Paxos made ${first.profileId}, the ledger says ${onboarding.profile_id}`, about)
    if (receipt?.accountId !== first.accountId) report('untrue', `account of ${identityId} has no receipt that names it`, about)
  } else {
    if (onboarding?.account_id) report('untrue', `account of ${identityId} is in the ledger and not at Paxos`, about)
    if (onboarding?.state === 'ready') report('untrue', `ready without an account: ${identityId}`, about)
  }
}

const RESTING = ['ready', 'denied', 'disabled', 'documents_required', 'held']
/** Where an identity of each status is to be, once every event of it has ended. */
const STATE_OF_STATUS: Readonly<Record<string, string>> = { APPROVED: 'ready', DENIED: 'denied', DISABLED: 'disabled' }

/** Nobody is left on the way; and whoever's events have all ended is where Paxos's last word puts them, or held for a contradiction. */
function checkState({ eventsOf, statuses }: World, { onboardings, events }: Ledger, { identityId, report }: Look): void {
  const onboarding = onboardings.get(identityId)
  if (!onboarding) return
  if (!RESTING.includes(onboarding.state)) {
    report('lost', `left on the way: identity ${identityId} is ${onboarding.state}`, { identityId })
    return
  }
  const told = eventsOf.get(identityId) ?? []
  const history = statuses.get(identityId)?.map(({ to }) => to) ?? []
  const wanted = STATE_OF_STATUS[history.at(-1) ?? '']
  if (wanted === undefined || !told.every(({ eventId }) => events.get(eventId)?.state === 'processed')) return
  const contradictory = history.includes('DENIED') && new Set(history).size > 1
  if (onboarding.state !== wanted && !(contradictory && onboarding.state === 'held'))
    report('lost', `forgotten: identity ${identityId} was ${history.join(', then ')} and is ${onboarding.state}`, { identityId })
}

/** Asked again only under the same ref_id, after an unknown outcome, and only after a look whether it is there. */
function checkAccountCalls({ calls, unknownBetween }: World, { identityId, report }: Look): number {
  const own = calls.get(identityId) ?? []
  const posts = own.filter(({ operation }) => operation === 'POST /identity/accounts')
  const about = { identityId }
  if (new Set(posts.map(({ refId }) => refId)).size > 1)
    report('doubled', `account of ${identityId} was asked for under several keys`, about)
  for (const [index, post] of posts.entries()) {
    const before = posts[index - 1]
    if (!before) continue
    const unknown = before.outcome !== 'answered' || unknownBetween(before.atMs, post.atMs)
    if (!unknown) report('repeated', `account of ${identityId} was asked for again although the answer was known`, about)
    // A call is told when it ends: one that was slow may have been looked for, and not found, before it acted.
    const askedAtMs = before.atMs - before.durationMs
    const looked = own.some(({ operation, seq, atMs }) => operation === 'GET /identity/accounts' && atMs >= askedAtMs && seq < post.seq)
    if (!looked) report('repeated', `account of ${identityId} was asked for again without a look whether it is there`, about)
  }
  return Math.max(0, posts.length - 1)
}

/** One key for each transition; the same words under it each time; again only after an unknown outcome. */
function checkNotices({ sends }: History, { unknownBetween }: World, { ledger, report }: { ledger: Ledger; report: Report }): number {
  const notices = [...ledger.effects.values()].flat().filter(({ kind }) => kind === 'send-notification')
  const owner = new Map(notices.map(({ key, identity_id }) => [key, identity_id]))
  const byKey = Map.groupBy(sends, ({ key }) => key)
  const told = Map.groupBy(byKey.keys(), (key) => owner.get(key))
  for (const [key, copies] of byKey) {
    const identityId = owner.get(key)
    const about = identityId === undefined ? {} : { identityId }
    if (identityId === undefined) report('doubled', `a notice that nobody intended: ${key}`)
    if (new Set(copies.map(({ body }) => body)).size > 1) report('doubled', `notice ${key} says different things`, about)
    for (const [index, copy] of copies.entries()) {
      const before = copies[index - 1]
      if (before?.answered && !unknownBetween(before.atMs, copy.atMs))
        report('repeated', `notice ${key} was sent again although it was taken`, about)
    }
  }
  for (const { key, state, identity_id: identityId } of notices) {
    const taken = byKey.get(key)?.some(({ answered }) => answered) ?? false
    if (state === 'done' && !taken) report('lost', `notice ${key} is done in the ledger and never arrived`, { identityId })
    // account.opened may be given up and wanted again under its key: the last entry counts.
    const last = ledger.entries.get(identityId)?.findLast(({ data }) => data.key === key)
    if (last?.kind === 'effect.suppressed' && byKey.has(key) && !isTold(last.kind, last.data))
      report('untrue', `notice ${key} arrived, and the ledger says that it cannot have been sent`, { identityId })
    if (state === 'intended' || state === 'refused') report('lost', `notice ${key} is still ${state}`, { identityId })
  }
  for (const [identityId, keys] of told) {
    if (identityId === undefined) continue
    const moves = ledger.entries.get(identityId)?.filter(({ kind, data }) => isTold(kind, data)) ?? []
    if (keys.length > moves.length)
      report('doubled', `identity ${identityId} had ${moves.length} transitions to tell of and ${keys.length} notices`, { identityId })
  }
  return sends.length - byKey.size
}

const keysOf = (sends: History['sends']): string[] => [...new Set(sends.map(({ key }) => key))]
const isOfAccount = (key: string): boolean => key.startsWith('notice_account_opened_')

/** The transitions of which the user hears, and those that were overtaken when they may have heard already. */
function isTold(kind: string, data: Record<string, unknown>): boolean {
  if (kind === 'effect.suppressed') return data.mayHaveBeenSent === true
  if (kind === 'effect.done') return data.step === 'account' // account.opened
  return kind === 'documents.required' || (kind === 'state.moved' && ['ready', 'denied', 'disabled'].includes(String(data.to)))
}

/** Numbered without gaps, each linked to the one before, one receipt for each step. */
function checkEntries({ entries }: Ledger, { identityId, report }: Look): void {
  const own = entries.get(identityId) ?? []
  const about = { identityId }
  for (const [index, entry] of own.entries()) {
    if (entry.entry_no !== index + 1) report('untrue', `ledger of ${identityId} has a gap before entry ${entry.entry_no}`, about)
    if (!entry.prev_hash.equals(own[index - 1]?.hash ?? Buffer.alloc(32)))
      report('untrue', `ledger of ${identityId} is broken at entry ${entry.entry_no}`, about)
  }
  for (const [step, kinds] of Map.groupBy(own, ({ data }) => data.step)) {
    if (step === undefined) continue
    const count = (kind: string): number => kinds.filter((entry) => entry.kind === kind).length
    if (count('effect.done') > 1) report('doubled', `ledger of ${identityId} has an effect.done twice for ${step}`, about)
    // An account that was given up while the identity was disabled is wanted again when Paxos re-enables it.
    if (count('effect.intended') > 1 + count('effect.suppressed'))
      report('doubled', `ledger of ${identityId} has an effect.intended twice for ${step}`, about)
  }
}
