import Table from 'cli-table3'
import type { Command } from 'commander'
import type { Pool } from 'pg'
import type { Inbox } from '../inbox/inbox.ts'
import { counted } from '../operate/counted.ts'
import { estimateBacklog, sayEta, sayLock } from '../operate/upstream-outlook.ts'
import type { UpstreamPace } from '../paxos/upstream-pace.ts'
import { AppError, errorCode, errorMessage } from '../platform/app-error.ts'
import { readCanary } from '../queue/canary.ts'
import type { EventQueue } from '../queue/event-queue.ts'
import { print } from './print.ts'

/** One thing that was looked at. `mend` says what to do about what is not `ok`. */
export interface Finding {
  check: string
  result: 'ok' | 'warning' | 'fault'
  saw: string
  mend?: string
}

interface Opened {
  pool: Pool
  inbox: Pick<Inbox, 'count'>
  queue: EventQueue
  pace: UpstreamPace
  close(): Promise<void>
}

/** Clocks further apart than this make leases, retries and token lifetimes wrong, milliseconds. */
const CLOCK_TOLERANCE_MS = 2_000
/** A canary goes through the queue every five seconds. */
const TOO_QUIET_MS = 60_000
const OLDEST_POSTGRES = 160_000
const OLDEST_NODE = 24

/** `doctor`: looks at everything that Gatehouse stands on and says what to mend. Exit 1 when there is a fault. */
export function registerDoctorCommand(program: Command, { config, open }: { config: () => unknown; open: () => Promise<Opened> }): void {
  program
    .command('doctor')
    .description('check configuration, database, queue, clock and Redis, and say what to mend')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const findings = await examine({ config, open })
      print(json ? JSON.stringify(findings, null, 2) : render(findings))
      if (findings.some(({ result }) => result === 'fault')) process.exitCode = 1
    })
}

/** All checks; a failing one never hides the others that can still be made. */
export async function examine({ config, open }: { config: () => unknown; open: () => Promise<Opened> }): Promise<Finding[]> {
  const findings = [nodeVersion()]
  const configuration = await look('configuration', () => {
    config()
    return { result: 'ok', saw: 'every variable is usable' }
  })
  findings.push(configuration)
  if (configuration.result === 'fault') return findings
  let opened: Opened
  try {
    opened = await open()
  } catch (error) {
    return [...findings, fault('database', error)]
  }
  try {
    findings.push(await look('database', () => database(opened.pool)))
    findings.push(await look('durability', () => durability(opened.pool)))
    findings.push(await look('clock', () => clock(opened.pool)))
    findings.push(await look('queue', () => queue(opened.queue)))
    findings.push(await look('canary', () => canary(opened)))
    findings.push(await look('eviction', () => eviction(opened.queue)))
    findings.push(await look('backlog', () => backlog(opened.pool)))
    findings.push(await look('paxos limits', () => limits(opened)))
  } finally {
    await opened.close()
  }
  return findings
}

type Seen = Omit<Finding, 'check'>

async function look(check: string, see: () => Seen | Promise<Seen>): Promise<Finding> {
  try {
    return { check, ...(await see()) }
  } catch (error) {
    return fault(check, error)
  }
}

function fault(check: string, error: unknown): Finding {
  return {
    check,
    result: 'fault',
    saw: `${errorMessage(error)} [${errorCode(error)}]`,
    mend: error instanceof AppError ? 'see docs/errors.md for the code' : 'see above',
  }
}

function nodeVersion(): Finding {
  const major = Number(process.versions.node.split('.')[0])
  return major >= OLDEST_NODE
    ? { check: 'node', result: 'ok', saw: process.versions.node }
    : { check: 'node', result: 'fault', saw: process.versions.node, mend: `run Node ${OLDEST_NODE} or newer; npx gatehouse brings its own` }
}

async function database(pool: Pool): Promise<Seen> {
  const { rows } = await pool.query<{ number: string; version: string }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS version`,
  )
  const version = rows[0]?.version ?? 'unknown'
  return Number(rows[0]?.number) >= OLDEST_POSTGRES
    ? { result: 'ok', saw: `Postgres ${version}, schema up to date` }
    : { result: 'fault', saw: `Postgres ${version}`, mend: 'run Postgres 16 or newer' }
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
    mend: 'set fsync, full_page_writes and synchronous_commit to on: a 200 must mean that the event is on disk',
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
        mend: 'synchronise the clocks of this machine and of the database (NTP)',
      }
}

async function queue(queue: EventQueue): Promise<Seen> {
  const { waiting, active, delayed, paused } = await queue.counts()
  const saw = `${waiting} waiting, ${active} active, ${delayed} delayed`
  return paused
    ? { result: 'warning', saw: `paused; ${saw}`, mend: 'gatehouse queue resume --operator <you> --reason "..."' }
    : { result: 'ok', saw }
}

/** Do jobs go through? The queue may answer, and the workers be connected, and still none be taken. */
async function canary({ pool, queue }: Opened): Promise<Seen> {
  const { sinceSeenMs, seenBy, waitingMs } = await readCanary(pool)
  if (sinceSeenMs === null) return { result: 'warning', saw: 'no worker has taken a job yet', mend: 'start one: gatehouse worker' }
  const saw = `a worker (${seenBy}) took the last one ${Math.round(sinceSeenMs / 1_000)} s ago`
  if (sinceSeenMs <= TOO_QUIET_MS) return { result: 'ok', saw }
  if (await queue.paused()) return { result: 'warning', saw: `${saw}; the queue is paused`, mend: 'see the line above' }
  return waitingMs === null
    ? { result: 'fault', saw, mend: 'no worker sends one: is any running, and does it reach the queue?' }
    : { result: 'fault', saw: `${saw}; one waits`, mend: 'workers run and are given no jobs: see their logs, then restart them' }
}

async function eviction(queue: EventQueue): Promise<Seen> {
  const policy = await queue.evictionPolicy()
  if (policy === null) return { result: 'ok', saw: 'no Redis to evict from, or it does not say' }
  return policy === 'noeviction'
    ? { result: 'ok', saw: policy }
    : { result: 'fault', saw: policy, mend: 'set maxmemory-policy noeviction: any other drops jobs' }
}

async function backlog(pool: Pool): Promise<Seen> {
  const { rows } = await pool.query<{ stuck: string; people: string }>(
    `SELECT (SELECT count(*) FROM inbox_event WHERE state = 'accepted' AND due_at < now() - interval '2 minutes') AS stuck,
       (SELECT count(*) FROM inbox_event WHERE state IN ('parked', 'dead')) AS people`,
  )
  const { stuck, people } = rows[0] ?? { stuck: '0', people: '0' }
  if (stuck !== '0')
    return {
      result: 'warning',
      saw: `${stuck} events are overdue by more than two minutes`,
      mend: 'is a worker running? gatehouse queue status',
    }
  if (people !== '0') return { result: 'warning', saw: `${people} events are parked or dead`, mend: 'gatehouse event list --state parked' }
  return { result: 'ok', saw: 'nothing overdue, nothing parked or dead' }
}

/** What is known here of Paxos's limits; Paxos itself is not asked. */
async function limits({ inbox, pace }: Opened): Promise<Seen> {
  const { accepted } = await inbox.count()
  const { lockedForSeconds, etaSeconds } = await estimateBacklog(pace, accepted)
  if (lockedForSeconds === null)
    return { result: 'warning', saw: 'what the processes share of the budget cannot be read', mend: 'see the database above' }
  const takes = etaSeconds ? `${counted(accepted, 'unfinished event')}: ${sayEta(etaSeconds)}` : 'nothing waits'
  return lockedForSeconds > 0
    ? {
        result: 'warning',
        saw: `${sayLock(lockedForSeconds)}; ${takes}`,
        mend: 'it goes on by itself; does anything else call Paxos from this address?',
      }
    : { result: 'ok', saw: takes }
}

function render(findings: readonly Finding[]): string {
  const table = new Table({
    head: ['check', 'result', 'saw', 'mend'],
    style: { head: [], border: [] },
    colWidths: [15, 9, 48, 48],
    wordWrap: true,
  })
  for (const { check, result, saw, mend } of findings) table.push([check, result, saw, mend ?? ''])
  return table.toString()
}
