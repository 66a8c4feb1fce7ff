import type { Pool } from 'pg'
import type { StoryKind, StoryLog } from '../../src/sandbox/control/story-log.ts'

/** A notification as the brokerage's application received it. */
export interface NoticeSend {
  /** Its `webhook-id`. */
  key: string
  body: string
  atMs: number
  /** The receiver accepted it and could answer. */
  answered: boolean
}

/** What observers saw, and what Gatehouse recorded. */
export interface History {
  /** The log of the simulator. */
  story: StoryLog
  sends: readonly NoticeSend[]
  /** The database with inbox and ledger, read only. */
  pool: Pool
  /** Events that were answered 2xx. */
  accepted: readonly string[]
  /** When a process of Gatehouse died, in milliseconds since 1970: its calls in progress have an unknown outcome. */
  deaths: readonly number[]
  /** When else a process of Gatehouse could not learn or record the outcome of a call: it was halted, or its line was cut. */
  outages?: readonly Outage[]
  /** Events that Paxos never had. They must be parked without any effect. */
  forged?: readonly string[]
  /** No event is in progress any more: all that Paxos lists must be in the inbox, delivered or not. */
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
 * - `lost`: accepted or listed, and not completed, or completed without its effects.
 * - `doubled`: done twice, or under two keys, or without a cause.
 * - `repeated`: requested or sent again under the same key, although no outcome was unknown.
 * - `untrue`: the ledger differs from the world, or is not whole.
 */
export interface Finding {
  kind: 'lost' | 'doubled' | 'repeated' | 'untrue'
  text: string
  /** The id of the identity, event or key in question. */
  eventId?: string
  identityId?: string
}

export interface Verdict {
  /** Every break of the promise; empty when it was kept. */
  faults: string[]
  /** The same, each with its subject. */
  findings: Finding[]
  ended: number
  accounts: number
  /** Distinct notifications of decisions. */
  notices: number
  /** Distinct notifications of opened accounts. */
  opened: number
  /** Notifications repeated under their key, each after an unknown outcome. Allowed, and counted apart. */
  resent: number
  /** Accounts requested again, each after an unknown outcome and a look-up. */
  askedAgain: number
}

/** The clock of a death and that of a request in flight may differ by this many milliseconds. */
const ON_ITS_WAY_MS = 1_000

/**
 * Checks the promise by the history alone: the simulator's log, the requests to the notification receiver, and the tables. It knows nothing
 * of how the pipeline works, so that it cannot share its mistakes.
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

/** What Gatehouse recorded, by identity. */
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
  events: StoryEntryOf<'event-emitted'>[]
  eventsOf: Map<string | null, StoryEntryOf<'event-emitted'>[]>
  statuses: Map<string, StoryEntryOf<'status-changed'>[]>
  accounts: Map<string, StoryEntryOf<'account-created'>[]>
  calls: Map<string | undefined, StoryEntryOf<'call'>[]>
  /** Whether anything between the two times may have made the outcome of a call unknown. */
  unknownBetween(fromMs: number, toMs: number): boolean
}

type StoryEntryOf<Kind extends StoryKind> = ReturnType<typeof StoryLog.prototype.of<Kind>>[number]

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

/** Accepted events are stored, stored events finish, and events that Paxos never had have no effect. */
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

/** No event of an identity counts as completed while the identity is unknown. */
function checkEventsLedSomewhere({ events }: World, ledger: Ledger, report: Report): void {
  for (const { eventId, identityId, type } of events) {
    if (identityId === null || !MOVING.includes(type) || ledger.events.get(eventId)?.state !== 'processed') continue
    if (!ledger.onboardings.has(identityId))
      report('lost', `forgotten: event ${eventId} ended, and identity ${identityId} has no onboarding`, { eventId, identityId })
  }
}

interface IdentityCheck {
  identityId: string
  report: Report
}

/** At most one account, with the profile that the ledger names; exactly one when the customer is ready. */
function checkAccount({ accounts }: World, { onboardings, effects }: Ledger, { identityId, report }: IdentityCheck): void {
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
/** The states in which an identity of each status must end, once all its events are finished. */
const STATE_OF_STATUS: Readonly<Record<string, string>> = { APPROVED: 'ready', DENIED: 'denied', DISABLED: 'disabled' }

/**
 * No onboarding is left in progress. When all its events are finished, it has the state of Paxos's last decision, or is held for a
 * contradiction.
 */
function checkState({ eventsOf, statuses }: World, { onboardings, events }: Ledger, { identityId, report }: IdentityCheck): void {
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

/** Requested again only under the same ref_id, after an unknown outcome, and after a look-up. */
function checkAccountCalls({ calls, unknownBetween }: World, { identityId, report }: IdentityCheck): number {
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
    // The log has a call at its end: a slow one may have been looked up, and not found, before it acted.
    const askedAtMs = before.atMs - before.durationMs
    const lookedUp = own.some(({ operation, seq, atMs }) => operation === 'GET /identity/accounts' && atMs >= askedAtMs && seq < post.seq)
    if (!lookedUp) report('repeated', `account of ${identityId} was asked for again without a look whether it is there`, about)
  }
  return Math.max(0, posts.length - 1)
}

/** One key for each transition, with the same content each time, and repeated only after an unknown outcome. */
function checkNotices({ sends }: History, { unknownBetween }: World, { ledger, report }: { ledger: Ledger; report: Report }): number {
  const notices = [...ledger.effects.values()].flat().filter(({ kind }) => kind === 'send-notification')
  const owner = new Map(notices.map(({ key, identity_id }) => [key, identity_id]))
  const byKey = Map.groupBy(sends, ({ key }) => key)
  const told = Map.groupBy(byKey.keys(), (key) => owner.get(key))
  for (const [key, copies] of byKey) {
    const identityId = owner.get(key)
    const about = identityId === undefined ? {} : { identityId }
    if (identityId === undefined) report('doubled', `a notice without an intent: ${key}`)
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
    // account.opened may be suppressed and intended again under its key: the last entry counts.
    const last = ledger.entries.get(identityId)?.findLast(({ data }) => data.key === key)
    if (last?.kind === 'effect.suppressed' && byKey.has(key) && !isNotified(last.kind, last.data))
      report('untrue', `notice ${key} arrived, and the ledger says that it cannot have been sent`, { identityId })
    if (state === 'intended' || state === 'refused') report('lost', `notice ${key} is still ${state}`, { identityId })
  }
  for (const [identityId, keys] of told) {
    if (identityId === undefined) continue
    const moves = ledger.entries.get(identityId)?.filter(({ kind, data }) => isNotified(kind, data)) ?? []
    if (keys.length > moves.length)
      report('doubled', `identity ${identityId} had ${moves.length} transitions to tell of and ${keys.length} notices`, { identityId })
  }
  return sends.length - byKey.size
}

const keysOf = (sends: History['sends']): string[] => [...new Set(sends.map(({ key }) => key))]
const isOfAccount = (key: string): boolean => key.startsWith('notice_account_opened_')

/** The transitions that the user hears of, and those superseded when the user may have heard already. */
function isNotified(kind: string, data: Record<string, unknown>): boolean {
  if (kind === 'effect.suppressed') return data.mayHaveBeenSent === true
  if (kind === 'effect.done') return data.step === 'account' // account.opened
  const moved = data.from !== data.to
  if (kind === 'order.moved') return moved && ['filled', 'cancelled', 'expired', 'rejected'].includes(String(data.to))
  if (kind === 'deposit.moved') return moved && data.to === 'completed'
  return kind === 'documents.required' || (kind === 'state.moved' && ['ready', 'denied', 'disabled'].includes(String(data.to)))
}

/** Numbered without gaps, each linked to the one before, one receipt per step. */
function checkEntries({ entries }: Ledger, { identityId, report }: IdentityCheck): void {
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
    // An account that was suppressed while the identity was disabled is intended again when Paxos re-enables it.
    if (count('effect.intended') > 1 + count('effect.suppressed'))
      report('doubled', `ledger of ${identityId} has an effect.intended twice for ${step}`, about)
  }
}
