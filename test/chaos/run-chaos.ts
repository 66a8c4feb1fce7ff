import { setTimeout as sleep } from 'node:timers/promises'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import { errorMessage } from '../../src/platform/app-error.ts'
import { withTimeout } from '../../src/platform/with-timeout.ts'
import { checkHistory, type Finding, type Verdict } from '../faults/history-checker.ts'
import { startPipeline } from '../saga/start-pipeline.ts'
import { useCasesOf } from '../tour/trader.ts'
import { type ChaosBackend, type ChaosWorld, NOTICE_SECRET, openChaosWorld } from './chaos-world.ts'
import { judgeTrading, type TradingVerdict } from './judge-trading.ts'
import { FAULTS, type FaultName, type PlannedFault, planFaults } from './plan-faults.ts'
import { liftEverything, STRIKES, sweepTwice } from './strike-fault.ts'
import { startTradingTraffic, type TradingTraffic, UNFINISHED } from './trading-traffic.ts'
import { startTraffic, type Traffic } from './traffic.ts'
import { type EventLife, watchEvents } from './watch-events.ts'

export interface ChaosOptions {
  backend: ChaosBackend
  seed: number
  /** How long faults are injected, in milliseconds. The recovery comes on top. */
  durationMs: number
  /** New identities per second. Each brings one to three events. */
  perSecond: number
  workers: number
  /** Customers who trade, one action after the other. */
  traders: number
  say: (line: string) => void
  /** Ends the faults early. The run is judged by what has happened by then. */
  signal?: AbortSignal
}

/** A fault that was injected, in milliseconds since 1970. */
export interface Injection {
  name: FaultName
  struckAtMs: number
  liftedAtMs: number
}

/** The events of a run, and an observer's verdict. */
export interface ChaosReport {
  options: ChaosOptions
  versions: string
  injections: Injection[]
  lives: ReadonlyMap<string, EventLife>
  verdict: Verdict
  trading: TradingVerdict
  /** Everything that breaks the promise: what the checker found, chains that do not verify, processes that ended by themselves. */
  findings: Finding[]
  /** Deliveries according to the simulator. */
  deliveries: { told: number; attempts: number; failed: number; copies: number; neverDelivered: string[] }
  /** Events that Paxos never had. */
  forged: readonly string[]
  strangers: Traffic['strangers']
  asked: number
  /** From the first identity to the end of the faults, in milliseconds. Less than requested when the run ended early. */
  struckForMs: number
  /** From the end of the faults until no event was in progress, in milliseconds. */
  completedInMs: number
  /** The folder with the logs, kept when the run has findings. */
  logs: string | null
}

const PROGRESS_EVERY_MS = 10_000
/** How long the end may take, in milliseconds: an event that has failed often waits for minutes between its tries. */
const PATIENCE_MS = 240_000

/** Opens a world, breaks it by the seed's plan while identities arrive, lets it recover, and judges the result. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const { seed, backend, say } = options
  say(
    `${backend}: starting Postgres${backend === 'redis' ? ', Redis' : ''}, the simulator, a receiver, an operator and ${options.workers} workers`,
  )
  const world = await openChaosWorld(options)
  let found = true
  try {
    const watch = watchEvents(world.pool)
    const traffic = startTraffic(world, { seed, perSecond: options.perSecond })
    const trading = startTradingTraffic(world, { seed, customers: options.traders })
    await trading.begun
    const startedAtMs = Date.now()
    const progress = setInterval(() => say(progressLine(world, { startedAtMs, lives: watch.lives, injections })), PROGRESS_EVERY_MS)
    const injections: Injection[] = []
    try {
      await strikeAll(planFaults(options), { world, finished: watch.finished, options, injections })
      const quietSinceMs = Date.now()
      say(`${backend}: no more faults; waiting until everything has ended`)
      await liftEverything(world)
      const late = new Set<string>()
      await quiesce(world, { traffic, trading }).catch((error: unknown) => late.add(errorMessage(error)))
      const completedInMs = Date.now() - quietSinceMs
      await watch.stop()
      const struckForMs = quietSinceMs - startedAtMs
      const report = await judge(world, {
        traffic,
        trading,
        lives: watch.lives,
        injections,
        options,
        struckForMs,
        completedInMs,
        late: [...late],
      })
      found = report.findings.length > 0
      return { ...report, logs: found ? world.logs : null }
    } finally {
      clearInterval(progress)
      await watch.stop().catch(() => undefined)
    }
  } finally {
    await world.close({ keepLogs: found })
  }
}

interface Striking {
  world: ChaosWorld
  finished: () => string[]
  options: ChaosOptions
  injections: Injection[]
}

/** Injects each fault at its time; faults on one target follow one another. Resolves when the last has ended. */
async function strikeAll(plan: readonly PlannedFault[], striking: Striking): Promise<void> {
  const { signal = new AbortController().signal, durationMs } = striking.options
  const turns = new Map<string, Promise<void>>()
  const startedAtMs = performance.now()
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined)
  for (const fault of plan) {
    await pause(Math.max(0, startedAtMs + fault.atMs - performance.now()))
    if (signal.aborted) break
    const { strikes } = FAULTS[fault.name]
    const turn = strikes === 'worker' ? `worker ${Math.floor(fault.draw * striking.world.workers.length)}` : strikes
    turns.set(
      turn,
      (turns.get(turn) ?? Promise.resolve()).then(() => strike(fault, { ...striking, pause })),
    )
  }
  await Promise.all(turns.values())
  await pause(Math.max(0, startedAtMs + durationMs - performance.now()))
}

async function strike(
  fault: PlannedFault,
  { world, finished, options, injections, pause }: Striking & { pause: (ms: number) => Promise<void> },
) {
  const struckAtMs = Date.now()
  try {
    const lift = await STRIKES[fault.name]({ world, finished }, fault)
    await pause(fault.lastsMs)
    await lift()
    injections.push({ name: fault.name, struckAtMs, liftedAtMs: Date.now() })
  } catch (error) {
    options.say(`${options.backend}: could not strike "${FAULTS[fault.name].label}" (${errorMessage(error).slice(0, 200)})`)
  }
}

/** Waits until every story has ended, every event that Paxos lists is stored, and none is in progress. @throws when that takes too long */
async function quiesce(world: ChaosWorld, { traffic, trading }: { traffic: Traffic; trading: TradingTraffic }): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS
  const left = (): number => Math.max(1, deadline - Date.now())
  const stopped = Promise.all([traffic.stop(), trading.stop()])
  await withTimeout(left(), stopped, () => new Error('our API did not answer every request for an onboarding or a trade'))
  let swept = false
  for (;;) {
    // Only a sweep can find what no webhook has brought by now.
    if (!swept) swept = await sweepTwice(world).catch(() => false)
    const { rows } = await world.pool.query<{ open: number }>(`SELECT count(*)::int AS open FROM inbox_event WHERE state = 'accepted'`)
    const trades = (await world.pool.query<{ open: number }>(UNFINISHED, [null])).rows[0]?.open ?? 0
    if (swept && rows[0]?.open === 0 && trades === 0 && world.sandbox.webhooks.pending.inFlight === 0) return
    if (left() <= 1) throw new Error(`${rows[0]?.open} events and ${trades} trades have not ended within ${PATIENCE_MS / 1_000} s`)
    await sleep(200)
  }
}

interface Judging {
  traffic: Traffic
  trading: TradingTraffic
  lives: ReadonlyMap<string, EventLife>
  injections: Injection[]
  options: ChaosOptions
  struckForMs: number
  completedInMs: number
  late: string[]
}

async function judge(
  world: ChaosWorld,
  { traffic, trading, lives, injections, options, struckForMs, completedInMs, late }: Judging,
): Promise<ChaosReport> {
  const { story } = world.sandbox
  const deliveries = story.of('delivery')
  const delivered = new Set(deliveries.filter(({ outcome }) => outcome === 'delivered').map(({ eventId }) => eventId))
  const verdict = await checkHistory({
    story,
    sends: world.notices.sends,
    pool: world.pool,
    accepted: [...delivered, ...traffic.forgedAccepted],
    deaths: world.deaths,
    outages: world.outages,
    forged: traffic.forged,
    complete: true,
  })
  const traded = await judgeTrading({ sandbox: world.sandbox, pool: world.pool, traffic: trading })
  const chains = await verifyLedger(world.pool)
  const collapses = [world.receiver, world.operator, ...world.workers].flatMap((member) => member.collapses)
  const findings: Finding[] = [
    ...verdict.findings,
    ...traded.findings,
    ...(await proveByTheProduct(world, trading.accountIds)),
    ...chains.faults.map(({ identityId, entryNo, problem }) => ({
      kind: 'untrue' as const,
      text: `the ledger of ${identityId} does not verify at entry ${entryNo}: ${problem}`,
      identityId,
    })),
    ...[...traffic.asked].flatMap(([key, identities]) =>
      identities.size > 1 ? [{ kind: 'doubled' as const, text: `Idempotency-Key ${key} opened ${identities.size} identities` }] : [],
    ),
    ...(traffic.strangers.letIn > 0
      ? [{ kind: 'untrue' as const, text: `${traffic.strangers.letIn} deliveries with a wrong key were let in` }]
      : []),
    ...(story.dropped > 0
      ? [{ kind: 'untrue' as const, text: `the simulator has forgotten ${story.dropped} entries: nothing can be judged` }]
      : []),
    ...[...late, ...traffic.failures, ...trading.failures].map((text) => ({ kind: 'lost' as const, text })),
    ...collapses.map((text) => ({ kind: 'untrue' as const, text })),
  ]
  return {
    options,
    versions: world.versions,
    injections,
    lives,
    verdict,
    trading: traded,
    findings,
    deliveries: {
      told: delivered.size,
      attempts: deliveries.length,
      failed: deliveries.filter(({ outcome }) => outcome !== 'delivered').length,
      copies: deliveries.filter(({ copy }) => copy).length,
      neverDelivered: story
        .of('event-emitted')
        .filter(({ eventId, isTest }) => !isTest && !delivered.has(eventId))
        .map(({ eventId }) => eventId),
    },
    forged: traffic.forged,
    strangers: traffic.strangers,
    asked: traffic.asked.size,
    struckForMs,
    completedInMs,
    logs: null,
  }
}

/** The product's own proof, `gatehouse proof balances`, for every account with trades. */
async function proveByTheProduct(world: ChaosWorld, accountIds: readonly string[]): Promise<Finding[]> {
  const pipeline = await startPipeline({
    databaseUrl: world.postgres.url,
    backend: { kind: 'postgres', connectionString: world.postgres.url },
    paxos: world.sandbox,
    notices: { url: world.notices.url, secret: NOTICE_SECRET },
    concurrency: 0,
  })
  try {
    const { proveBalances } = useCasesOf(pipeline)
    const proofs = await Promise.all(accountIds.map((accountId) => proveBalances(accountId)))
    return proofs.flatMap(({ accountId, assets }) =>
      assets
        .filter(({ drift }) => !drift.isZero())
        .map(({ asset, drift, firstBreak }) => ({
          kind: 'untrue' as const,
          text: `proof balances: ${asset} of account ${accountId} differs by ${drift}, first at ${JSON.stringify(firstBreak)}`,
        })),
    )
  } finally {
    await pipeline.close()
  }
}

function progressLine(
  { backend, sandbox, deaths }: ChaosWorld,
  { startedAtMs, lives, injections }: { startedAtMs: number; lives: ReadonlyMap<string, EventLife>; injections: readonly Injection[] },
): string {
  const ended = [...lives.values()].filter(({ endedAtMs }) => endedAtMs !== null).length
  const seconds = Math.round((Date.now() - startedAtMs) / 1_000)
  return (
    `${backend}: ${seconds} s, ${injections.length} faults (${deaths.length} workers killed), ${sandbox.identities.all.length} identities, ` +
    `${lives.size} events accepted, ${ended} ended, ${sandbox.accounts.all.length} accounts`
  )
}
