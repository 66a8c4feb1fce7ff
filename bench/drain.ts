/**
 * Measures the time of a backlog of approved events under Paxos's documented limits, on a simulated clock: against the shortest time that
 * the limits permit, with the limit that binds. The code that processes an event is the real one, from the event processor down to the
 * client's budget, batches and answers. Postgres, the queue and the wire are replaced, because they cannot follow this clock.
 *
 *   node bench/drain.ts [--events 10000] [--order all] [--accounts general|identity] [--concurrency 50] [--latency-ms 50] [--spacing-ms 100] [--out <file>]
 *
 * Three orders, or one of them with --order: `in-order`; `shuffled`; and `jittered`, the order after an outage, when Paxos retries with exponential
 * backoff and jitter: each event is displaced by up to its age.
 *
 * Two starts: `rested`, after 5 min without a call, so the averages allow a burst; and `busy`, after 5 min that used the
 * whole budget, so the backlog runs at the sustained rate. A separate count checks every call against the
 * documented limits.
 */
import { mock } from 'node:test'
import { parseArgs } from 'node:util'
import { createBudget } from '../src/paxos/transport/budget.ts'
import { DOCUMENTED_LIMITS, type EndpointClass, endpointClassOf, type Operation } from '../src/paxos/transport/endpoint-class.ts'
import { SeededRandom } from '../src/sandbox/world/seeded-random.ts'
import { createMemoryStores } from './support/memory-stores.ts'
import { type Comparison, printReport } from './support/report.ts'
import { createSimulatedWorker } from './support/simulated-worker.ts'
import { sleepByClock } from './support/sleep-by-clock.ts'
import { spreadOf } from './support/statistics.ts'
import { createStubPaxos } from './support/stub-paxos.ts'
import { type ApprovedEvent, approvals } from './support/upstream.ts'
import { workOff } from './support/work-off.ts'

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    order: { type: 'string', default: 'all' },
    accounts: { type: 'string', default: 'general' },
    concurrency: { type: 'string', default: '50' },
    'latency-ms': { type: 'string', default: '50' },
    'spacing-ms': { type: 'string', default: '100' },
    out: { type: 'string' },
  },
})
const [backlog, concurrency, latencyMs] = [Number(options.events), Number(options.concurrency), Number(options['latency-ms'])]
/** The time between two approvals of the backlog. */
const spacingMs = Number(options['spacing-ms'])

const LIMITS = DOCUMENTED_LIMITS
const WINDOW_MS = 300_000
/** The budget keeps a margin of 3 %, so at most 0.97 is possible when a limit binds. */
const ASKED = 0.9
/** Events or identities on one page of a listing. */
const PAGE = 100

/** The calls before the backlog came. */
type Beginning = 'rested' | 'busy'

interface Drained {
  seconds: number
  calls: Record<string, number>
  /** The use of each class in its busiest 5 min, as a share of its limit. */
  busiest: Record<string, number>
}

const ORDERS = ['in-order', 'shuffled', 'jittered'] as const
type Order = (typeof ORDERS)[number]
const orders = ORDERS.filter((order) => options.order === 'all' || options.order === order)
const accountsClass = options.accounts === 'identity' ? 'identity' : 'general'

/** The fewest calls for a backlog: one account per event, and full pages of events and identities. */
const pages = Math.ceil(backlog / PAGE)
const leastGeneralCalls = pages + (accountsClass === 'general' ? backlog : 0)
const leastIdentityCalls = pages + (accountsClass === 'identity' ? backlog : 0)
/** The shortest time of the calls, one in parallel per slot. */
const slotSeconds = (backlog * latencyMs) / 1_000 / concurrency
const best = {
  // A rested window allows all its calls immediately, and further ones when these have left the window.
  rested: bestSeconds((calls, limit) => Math.max(0, Math.ceil((calls * 1_000) / (limit * WINDOW_MS)) - 1) * (WINDOW_MS / 1_000)),
  busy: bestSeconds((calls, limit) => calls / limit),
}

function bestSeconds(seconds: (calls: number, limit: number) => number): { seconds: number; binding: string } {
  const [general, identity] = [seconds(leastGeneralCalls, LIMITS.general), seconds(leastIdentityCalls, LIMITS.identity)]
  const most = Math.max(general, identity, slotSeconds)
  const binding = most === slotSeconds ? 'slots' : most === general ? 'general' : 'identity'
  return { seconds: most, binding }
}

mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-03-02T09:00:00Z') })
// Timers by this clock must not measure how fast the simulation runs.
mock.method(performance, 'now', () => Date.now())
const runs: { order: Order; beginning: Beginning; drained: Drained }[] = []
for (const order of orders)
  for (const beginning of ['rested', 'busy'] as const) runs.push({ order, beginning, drained: await drain(beginning, order) })
mock.reset()

const comparisons: Comparison[] = runs.flatMap(({ order, beginning, drained }) => [
  {
    name: `drain: best that the limits permit / taken, ${order}, ${beginning}`,
    asked: ASKED,
    ...spreadOf([best[beginning].seconds / drained.seconds]),
  },
  { name: `drain: 0.05 reads per onboarding / made, ${order}, ${beginning}`, asked: 1, ...spreadOf([0.05 / readsPerOnboarding(drained)]) },
])
printReport(
  {
    title: 'drain',
    settings: { events: backlog, concurrency, latencyMs, spacingMs, bindingRested: best.rested.binding, bindingBusy: best.busy.binding },
    comparisons,
    sides: runs.map(({ order, beginning, drained }) => ({
      name: `${order}, ${beginning}`,
      figures: figuresOf(drained, best[beginning].seconds),
    })),
  },
  options,
)

async function drain(beginning: Beginning, order: Order): Promise<Drained> {
  const events = approvals(backlog, { spacingMs })
  const dice = new SeededRandom(1)
  const random = (): number => dice.fraction(now(), made.length)
  const stub = createStubPaxos()
  stub.load(events)
  const made: { atMs: number; endpointClass: EndpointClass }[] = []
  /** The budget's clock: the simulated one, except for the five minutes before. */
  let beforeMs: number | null = null
  const startMs = Date.now()
  const now = (): number => beforeMs ?? WINDOW_MS + Date.now() - startMs
  const budget = createBudget({ limits: LIMITS, now, sleep: sleepByClock })
  if (beginning === 'busy') {
    for (const { endpointClass, atMs } of await fiveFullMinutes()) {
      beforeMs = atMs
      await budget.acquire(endpointClass, { priority: 'live' })
      made.push({ endpointClass, atMs })
    }
    beforeMs = null
  }

  const stores = createMemoryStores(arrivalsOf(events, order))
  const worker = createSimulatedWorker({
    stub,
    stores,
    budget,
    now,
    latencyMs,
    accountsClass,
    onCall: (operation) => void made.push({ atMs: now(), endpointClass: endpointClassOf(operation as Operation, { accountsClass }) }), // the client's own
    random,
  })
  await workOff([worker], { events: backlog, concurrency, tick: () => mock.timers.tick(1) })
  if (stores.readyCount() !== backlog) throw new Error(`${stores.readyCount()} of ${backlog} are ready`)
  const busiest = { token: 0, identity: busiestShare(made, 'identity'), general: busiestShare(made, 'general') }
  for (const [name, share] of Object.entries(busiest))
    if (share > 1) throw new Error(`the ${name} limit was broken: ${share} of it was used`)
  return { seconds: (Date.now() - startMs) / 1_000, calls: stub.counts().calls, busiest }
}

/** The events in the order of their deliveries. */
function arrivalsOf(events: readonly ApprovedEvent[], order: Order): ApprovedEvent[] {
  const dice = new SeededRandom(2)
  const end = Date.now()
  const arrivesAt = (at: number, index: number): number =>
    order === 'in-order' ? at : order === 'shuffled' ? dice.fraction(index, 1) : at + dice.fraction(index, 1) * (end - at)
  return events
    .map((event, index) => ({ event, at: arrivesAt(event.at, index) }))
    .sort((one, other) => one.at - other.at)
    .map(({ event }) => event)
}

function readsPerOnboarding({ calls }: Drained): number {
  const reads = Object.entries(calls).filter(([operation]) => !operation.endsWith('.create'))
  return reads.reduce((sum, [, count]) => sum + count, 0) / backlog
}

/** All calls that the budget gives in 5 min, spread evenly. Its margin is not available. */
async function fiveFullMinutes(): Promise<{ endpointClass: EndpointClass; atMs: number }[]> {
  const rested = createBudget({ limits: LIMITS, now: () => 0 })
  const calls: { endpointClass: EndpointClass; atMs: number }[] = []
  for (const endpointClass of ['general', 'identity'] as const) {
    let room = 0
    for (; (await rested.etaMs(endpointClass, 1, { priority: 'live' })) === 0; room += 1)
      await rested.acquire(endpointClass, { priority: 'live' })
    for (let index = 0; index < room; index += 1) calls.push({ endpointClass, atMs: (index * WINDOW_MS) / room })
  }
  return calls.toSorted((one, other) => one.atMs - other.atMs)
}

function busiestShare(made: readonly { atMs: number; endpointClass: EndpointClass }[], endpointClass: EndpointClass): number {
  const times = made.filter((call) => call.endpointClass === endpointClass).map(({ atMs }) => atMs)
  let most = 0
  for (let from = 0, to = 0; to < times.length; to += 1) {
    while (times[to]! - times[from]! >= WINDOW_MS) from += 1
    most = Math.max(most, to - from + 1)
  }
  return most / (LIMITS[endpointClass]! * (WINDOW_MS / 1_000))
}

function figuresOf(drained: Drained, bestAtAll: number): Record<string, number> {
  const { seconds, calls, busiest } = drained
  return {
    'seconds taken': seconds,
    'seconds at best by the limits': bestAtAll,
    'reads per onboarding': readsPerOnboarding(drained),
    ...Object.fromEntries(Object.entries(calls).map(([operation, count]) => [`calls ${operation}`, count])),
    ...Object.fromEntries(Object.entries(busiest).map(([name, share]) => [`busiest five minutes, ${name}`, share])),
  }
}
