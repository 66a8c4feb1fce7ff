/**
 * How long a backlog of approved events takes under Paxos's documented limits, on a simulated clock: against the best that
 * the limits permit, and which limit binds. The code that works on an event is the real one, from the event processor down to the
 * client's budget, batches and answers; Postgres, the queue and the wire are stood in for, since they cannot wait for this clock.
 *
 *   node bench/drain.ts [--events 10000] [--concurrency 50] [--latency-ms 50] [--spacing-ms 100] [--out <file>]
 *
 * Two beginnings: `rested`, when nothing was called for five minutes, so that the averages allow a burst; and `busy`, when the last
 * five minutes have used all that the budget gives, so that the backlog goes at the sustained rate. Every call is checked against the
 * documented limits by a count of its own.
 */
import { mock } from 'node:test'
import { parseArgs } from 'node:util'
import { createBudget } from '../src/paxos/transport/budget.ts'
import { DOCUMENTED_LIMITS, type EndpointClass } from '../src/paxos/transport/endpoint-class.ts'
import { SeededRandom } from '../src/sandbox/world/seeded-random.ts'
import { createMemoryStores } from './support/memory-stores.ts'
import { type Comparison, printReport } from './support/report.ts'
import { createSimulatedWorker } from './support/simulated-worker.ts'
import { sleepByClock } from './support/sleep-by-clock.ts'
import { spreadOf } from './support/statistics.ts'
import { createStubPaxos } from './support/stub-paxos.ts'
import { approvals } from './support/upstream.ts'
import { workOff } from './support/work-off.ts'

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    concurrency: { type: 'string', default: '50' },
    'latency-ms': { type: 'string', default: '50' },
    'spacing-ms': { type: 'string', default: '100' },
    out: { type: 'string' },
  },
})
const [backlog, concurrency, latencyMs] = [Number(options.events), Number(options.concurrency), Number(options['latency-ms'])]
/** Between two approvals of the backlog. */
const spacingMs = Number(options['spacing-ms'])

const LIMITS = DOCUMENTED_LIMITS
const WINDOW_MS = 300_000
/** Events or identities on one page of a listing. */
const PAGE = 100

/** What went before the backlog came. */
type Beginning = 'rested' | 'busy'

interface Drained {
  seconds: number
  calls: Record<string, number>
  /** The busiest five minutes of each class, as a share of its limit. */
  busiest: Record<string, number>
}

/** The least that a backlog costs: one account for each, and full pages of events and identities. */
const leastGeneralCalls = backlog + Math.ceil(backlog / PAGE)
const leastIdentityCalls = Math.ceil(backlog / PAGE)
const best = {
  // A rested window takes so many calls at once, and the rest at the average rate.
  rested: bestSeconds((limit) => limit * (WINDOW_MS / 1_000)),
  busy: bestSeconds(() => 0),
}

function bestSeconds(atOnce: (limit: number) => number): { seconds: number; binding: string } {
  const seconds = (calls: number, limit: number): number => Math.max(0, calls - atOnce(limit)) / limit
  const [general, identity] = [seconds(leastGeneralCalls, LIMITS.general), seconds(leastIdentityCalls, LIMITS.identity)]
  const binding = general + identity === 0 ? 'none' : general >= identity ? 'general' : 'identity'
  return { seconds: Math.max(general, identity), binding }
}

mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.parse('2026-03-02T09:00:00Z') })
// What measures time by this clock must not see how fast the simulation runs.
mock.method(performance, 'now', () => Date.now())
const rested = await drain('rested')
const busy = await drain('busy')
mock.reset()

const comparisons: Comparison[] = [
  { name: 'drain: best that the limits permit / taken, busy', asked: 0.95, ...spreadOf([best.busy.seconds / busy.seconds]) },
]
printReport(
  {
    title: 'drain',
    settings: { events: backlog, concurrency, latencyMs, spacingMs, bindingRested: best.rested.binding, bindingBusy: best.busy.binding },
    comparisons,
    sides: [
      { name: 'rested', figures: figuresOf(rested, best.rested.seconds) },
      { name: 'busy', figures: figuresOf(busy, best.busy.seconds) },
    ],
  },
  options,
)

async function drain(beginning: Beginning): Promise<Drained> {
  const events = approvals(backlog, { spacingMs })
  const stub = createStubPaxos()
  stub.load(events)
  const made: { atMs: number; endpointClass: EndpointClass }[] = []
  /** The budget's clock: the simulated one, but for the five minutes before. */
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

  const stores = createMemoryStores(events)
  const dice = new SeededRandom(1)
  const worker = createSimulatedWorker({
    stub,
    stores,
    budget,
    now,
    latencyMs,
    accountsClass: 'general',
    onCall: (operation) => void made.push({ atMs: now(), endpointClass: operation.startsWith('identities.') ? 'identity' : 'general' }),
    random: () => dice.fraction(now(), made.length),
  })
  await workOff([worker], { events: backlog, concurrency, tick: () => mock.timers.tick(1) })
  if (stores.readyCount() !== backlog) throw new Error(`${stores.readyCount()} of ${backlog} are ready`)
  const busiest = { token: 0, identity: busiestShare(made, 'identity'), general: busiestShare(made, 'general') }
  for (const [name, share] of Object.entries(busiest))
    if (share > 1) throw new Error(`the ${name} limit was broken: ${share} of it was used`)
  return { seconds: (Date.now() - startMs) / 1_000, calls: stub.counts().calls, busiest }
}

/** As many calls as the budget gives in five minutes, evenly over them; what it holds back for safety is not there to be taken. */
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

function figuresOf({ seconds, calls, busiest }: Drained, bestAtAll: number): Record<string, number> {
  return {
    'seconds taken': seconds,
    'seconds at best by the limits': bestAtAll,
    ...Object.fromEntries(Object.entries(calls).map(([operation, count]) => [`calls ${operation}`, count])),
    ...Object.fromEntries(Object.entries(busiest).map(([name, share]) => [`busiest five minutes, ${name}`, share])),
  }
}
