import type { Pool } from 'pg'
import { advanceNumbers, numbersAreBehind } from '../../inbox/event-numbers.ts'
import type { EventReads } from '../../inbox/read-events.ts'
import { readNoticeHealth } from '../../notify/notice-health.ts'
import type { UpstreamPace } from '../../paxos/upstream-pace.ts'
import { errorCode, errorMessage } from '../../platform/app-error.ts'
import { GATEHOUSE } from '../../platform/command-name.ts'
import { readCanary } from '../../queue/canary.ts'
import type { EventQueue } from '../../queue/event-queue.ts'
import type { World } from '../../roster/role-process.ts'
import type { Roster } from '../../roster/roster.ts'
import { differences } from '../../roster/world.ts'
import { type KeyUseCases, sayKey } from '../access/webhook-keys.ts'
import type { VaultUseCases } from '../privacy/vault-keys.ts'
import type { Problem } from '../problems/problem.ts'
import { readPause, sayPause } from '../queue/queue-pause.ts'
import { counted } from '../say/counted.ts'
import { relativeTime } from '../say/say-time.ts'
import { type Finding, findingOf, type Seen } from './finding.ts'
import { estimateBacklog, sayEta, sayLock } from './upstream-outlook.ts'

export interface DiagnoseParts {
  pool: Pool
  queue: Pick<EventQueue, 'counts' | 'paused' | 'evictionPolicy'>
  events: Pick<EventReads, 'count' | 'countOverdue'>
  pace: UpstreamPace
  roster: Pick<Roster, 'live'>
  /** The queue and the Paxos of this process. */
  world: World
  /** One cheap read from Paxos, with a new token. Rejects with a PaxosError. */
  askPaxos: () => Promise<void>
  /** By feature that is configured; empty: every scope is granted. Rejects with a PaxosError. */
  missingScopes: () => Promise<readonly { feature: string; scopes: readonly string[] }[]>
  problems: () => Promise<Problem[]>
  listKeys: KeyUseCases['listKeys']
  vaultStatus: VaultUseCases['vaultStatus']
}

/** Largest tolerable difference between the clocks, milliseconds. Beyond it, leases, retries and token lifetimes are wrong. */
const CLOCK_TOLERANCE_MS = 2_000
/** A canary job runs through the queue every 5 s. */
const TOO_QUIET_MS = 60_000
const OVERDUE_SECONDS = 120
/** An installation needs at least one process of each of these roles. */
const NEEDED_ROLES = ['receiver', 'worker', 'operator'] as const
const OLDEST_POSTGRES = 160_000

/** All checks over an open database. A check that throws does not hide the others. */
export async function diagnose(parts: DiagnoseParts): Promise<Finding[]> {
  const { pool } = parts
  return [
    await findingOf('database', () => database(pool)),
    await findingOf('durability', () => durability(pool)),
    await findingOf('event numbers', () => eventNumbers(pool)),
    await findingOf('clock', () => clock(pool)),
    await findingOf('roles', () => roles(parts)),
    await findingOf('queue', () => queue(parts, new Date())),
    await findingOf('canary', () => canary(parts)),
    await findingOf('eviction', () => eviction(parts)),
    await findingOf('backlog', () => backlog(parts)),
    await findingOf('webhook keys', () => webhookKeys(parts)),
    await findingOf('personal data', () => personalData(parts)),
    await findingOf('application', () => application(parts)),
    await findingOf('paxos', () => paxos(parts)),
    await findingOf('paxos scopes', () => scopes(parts)),
    await findingOf('paxos limits', () => limits(parts)),
  ]
}

async function database(pool: Pool): Promise<Seen> {
  const { rows } = await pool.query<{ number: string; version: string }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version`,
  )
  const version = rows[0]?.version ?? 'unknown'
  return Number(rows[0]?.number) >= OLDEST_POSTGRES
    ? { result: 'ok', saw: `Postgres ${version}, schema up to date` }
    : { result: 'fault', saw: `Postgres ${version}`, remedy: 'run Postgres 16 or newer' }
}

async function durability(pool: Pool): Promise<Seen> {
  const { rows } = await pool.query<{ fsync: string; commit: string; pages: string }>(
    `SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit, current_setting('full_page_writes') AS pages`,
  )
  const { fsync, commit, pages } = rows[0] ?? { fsync: '?', commit: '?', pages: '?' }
  const saw = `fsync ${fsync}, synchronous_commit ${commit}, full_page_writes ${pages}`
  if (fsync === 'on' && commit !== 'off' && pages === 'on') return { result: 'ok', saw }
  return {
    result: 'fault',
    saw,
    remedy: 'set fsync, full_page_writes and synchronous_commit to on: a 200 must mean that the event is on disk',
  }
}

/** The receiver refuses events when rows were copied without their sequence. This check advances the sequence as the receiver would. */
async function eventNumbers(pool: Pool): Promise<Seen> {
  if (!(await numbersAreBehind(pool))) return { result: 'ok', saw: 'the next event gets a free number' }
  await advanceNumbers(pool)
  return {
    result: 'warning',
    saw: 'were behind the rows of inbox_event; now advanced',
    remedy: 'when you copy a database, copy its sequences too',
  }
}

async function clock(pool: Pool): Promise<Seen> {
  const before = Date.now()
  const { rows } = await pool.query<{ now: Date }>('SELECT clock_timestamp() AS now')
  const here = (before + Date.now()) / 2
  const apartMs = Math.round(Math.abs((rows[0]?.now.getTime() ?? 0) - here))
  return apartMs <= CLOCK_TOLERANCE_MS
    ? { result: 'ok', saw: `${apartMs} ms from the database's` }
    : {
        result: 'fault',
        saw: `${apartMs} ms from the database's`,
        remedy: 'synchronise the clocks of this machine and of the database (NTP)',
      }
}

/** The running processes, and whether all use the same queue and Paxos as this process. */
async function roles({ roster, world }: DiagnoseParts): Promise<Seen> {
  const running = await roster.live()
  const apart = differences(world, running)
  if (apart.length > 0)
    return { result: 'fault', saw: apart.join(' '), remedy: 'run this command with the same REDIS_URL and PAXOS_* settings as the roles' }
  const counts = NEEDED_ROLES.map((role) => ({ role, count: running.filter((process) => process.role === role).length }))
  const missing = counts.filter(({ count }) => count === 0).map(({ role }) => role)
  const saw = counts.map(({ role, count }) => `${count} ${role}`).join(', ')
  if (missing.length > 0)
    return { result: 'fault', saw, remedy: `start what is missing: ${missing.map((role) => `${GATEHOUSE} ${role}`).join(', ')}` }
  const silent = Math.max(...running.map(({ silentSeconds }) => silentSeconds))
  return { result: 'ok', saw: `${saw}; all reported within the last ${Math.ceil(silent)} s` }
}

/** The application as the workers last saw it; this check does not call it. */
async function application({ pool, problems }: DiagnoseParts): Promise<Seen> {
  const refused = (await problems()).find(({ kind }) => kind === 'application-refuses' || kind === 'application-down')
  if (refused) return { result: 'fault', saw: refused.sentence, remedy: refused.nextAction }
  const { lastTakenAt } = await readNoticeHealth(pool)
  return {
    result: 'ok',
    saw: lastTakenAt ? `took its last notification ${relativeTime(lastTakenAt, new Date())}` : 'no notification sent yet',
  }
}

/** Where the keys of personal data are. In the database itself, a restored backup brings an erased person back. */
async function personalData({ vaultStatus }: DiagnoseParts): Promise<Seen> {
  const { place, apart, keys, notRotated } = await vaultStatus()
  const saw = `${counted(keys, 'key')} in ${place}`
  if (notRotated > 0)
    return {
      result: 'warning',
      saw: `${saw}; ${notRotated} of them not wrapped by the current ENCRYPTION_KEY`,
      remedy: `${GATEHOUSE} vault rotate --operator <you> --reason "..."`,
    }
  if (apart) return { result: 'ok', saw }
  return {
    result: 'warning',
    saw: `${saw}, so a restored backup brings erased persons back`,
    remedy: 'set VAULT_KEYS_URL (docs/operations.md, "Keys outside the backup")',
  }
}

/** Last use of each key, and how many of its events Paxos knew. */
async function webhookKeys({ listKeys, problems }: DiagnoseParts): Promise<Seen> {
  const [keys, found] = await Promise.all([listKeys(), problems()])
  const saw = keys.length === 0 ? 'no receiver has run yet' : keys.map((key) => sayKey(key, new Date())).join('. ')
  const alarms = found.filter(({ kind }) => kind === 'key-demoted')
  if (alarms.length === 0) return { result: 'ok', saw }
  return {
    result: alarms.some(({ severity }) => severity === 'fault') ? 'fault' : 'warning',
    saw: [...alarms.map(({ sentence }) => sentence), saw].join(' '),
    remedy: alarms.map(({ nextAction, command }) => `${nextAction} ${command ?? ''}`).join(' '),
  }
}

/** Proves token and scopes by one read of List Events. */
async function paxos({ world, askPaxos }: DiagnoseParts): Promise<Seen> {
  const where = `${world.upstream}${world.simulated ? ' (the simulator)' : ''}`
  const startedAt = performance.now()
  try {
    await askPaxos()
    return { result: 'ok', saw: `${where} answered in ${Math.round(performance.now() - startedAt)} ms; credentials and scopes are good` }
  } catch (error) {
    return { result: 'fault', saw: `${where}: ${errorMessage(error)} [${errorCode(error)}]`, remedy: 'see docs/errors.md for the code' }
  }
}

/** A feature without its scope is off, and the others work: so a missing scope is a fault for onboarding alone. */
async function scopes({ missingScopes }: DiagnoseParts): Promise<Seen> {
  const missing = await missingScopes()
  if (missing.length === 0) return { result: 'ok', saw: 'every scope of the configured features is granted' }
  const saw = missing.map(({ feature, scopes: names }) => `${feature}: ${names.join(' ')}`).join('; ')
  const remedy = 'grant the scopes in the Dashboard of Paxos, or leave the feature out of PAXOS_FEATURES'
  return { result: missing.some(({ feature }) => feature === 'onboarding') ? 'fault' : 'warning', saw: `missing for ${saw}`, remedy }
}

async function queue({ pool, queue }: DiagnoseParts, now: Date): Promise<Seen> {
  const { waiting, active, delayed, paused } = await queue.counts()
  const saw = `${waiting} waiting, ${active} active, ${delayed} delayed`
  if (!paused) return { result: 'ok', saw }
  const pause = sayPause(await readPause(pool), now)
  return { result: 'warning', saw: `${pause}; ${saw}`, remedy: `${GATEHOUSE} queue resume --operator <you> --reason "..."` }
}

/** Whether workers take jobs. The queue can answer and workers can be connected, and still take none. */
async function canary({ pool, queue }: DiagnoseParts): Promise<Seen> {
  const { sinceSeenMs, seenBy, waitingMs } = await readCanary(pool)
  if (sinceSeenMs === null) return { result: 'warning', saw: 'no worker has taken a job yet', remedy: `start one: ${GATEHOUSE} worker` }
  const saw = `a worker (${seenBy}) took the last one ${Math.round(sinceSeenMs / 1_000)} s ago`
  if (sinceSeenMs <= TOO_QUIET_MS) return { result: 'ok', saw }
  if (await queue.paused()) return { result: 'warning', saw: `${saw}; the queue is paused`, remedy: 'see the line above' }
  return waitingMs === null
    ? { result: 'fault', saw, remedy: 'no worker sends canaries: check that one runs and reaches the queue' }
    : { result: 'fault', saw: `${saw}; one is waiting`, remedy: 'workers run but get no jobs: read their logs, then restart them' }
}

async function eviction({ queue }: DiagnoseParts): Promise<Seen> {
  const policy = await queue.evictionPolicy()
  if (policy === null) return { result: 'ok', saw: 'the queue is in Postgres, which evicts nothing' }
  if (policy === 'unknown')
    return {
      result: 'warning',
      saw: 'unknown: Redis hides CONFIG and INFO',
      remedy: 'check that its maxmemory-policy is noeviction',
    }
  return policy === 'noeviction'
    ? { result: 'ok', saw: policy }
    : { result: 'fault', saw: policy, remedy: 'set maxmemory-policy to noeviction: any other value drops jobs' }
}

async function backlog({ events }: DiagnoseParts): Promise<Seen> {
  const [overdue, { parked, dead }] = await Promise.all([events.countOverdue(OVERDUE_SECONDS), events.count()])
  if (overdue > 0)
    return {
      result: 'warning',
      saw: `${counted(overdue, 'event')} overdue by more than 2 min`,
      remedy: `check that a worker runs: ${GATEHOUSE} queue status`,
    }
  if (parked + dead > 0)
    return { result: 'warning', saw: `${counted(parked, 'event')} parked, ${dead} dead`, remedy: `${GATEHOUSE} event list --state parked` }
  return { result: 'ok', saw: 'no event overdue, parked or dead' }
}

/** Paxos's rate limits as the processes see them; this check does not call Paxos. */
async function limits({ events, pace }: DiagnoseParts): Promise<Seen> {
  const { accepted } = await events.count()
  const { lockedForSeconds, etaSeconds } = await estimateBacklog(pace, accepted)
  if (lockedForSeconds === null) return { result: 'warning', saw: 'the shared budget cannot be read', remedy: 'see the database above' }
  const takes =
    etaSeconds === null
      ? `${counted(accepted, 'unfinished event')}; no estimate while something else delays them`
      : accepted > 0
        ? `${counted(accepted, 'unfinished event')}: ${sayEta(etaSeconds)}`
        : 'no backlog'
  return lockedForSeconds > 0
    ? {
        result: 'warning',
        saw: `${sayLock(lockedForSeconds)}; ${takes}`,
        remedy: 'Gatehouse continues by itself; check whether anything else calls Paxos from this address',
      }
    : { result: 'ok', saw: takes }
}
