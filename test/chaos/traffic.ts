import { setTimeout as sleep } from 'node:timers/promises'
import { createIdentity } from '../../src/sandbox/world/create-identity.ts'
import type { Verdict } from '../../src/sandbox/world/decision-engine.ts'
import type { StoredEvent } from '../../src/sandbox/world/event-store.ts'
import type { Identity } from '../../src/sandbox/world/identity.ts'
import { SeededRandom } from '../../src/sandbox/world/seeded-random.ts'
import { API_KEY, type ChaosWorld, OPERATOR_TOKEN } from './chaos-world.ts'
import { inventedPerson } from './invented-person.ts'

/** What happens to an identity, and how often out of a hundred. Verdicts follow one another within a few seconds. */
const STORIES: readonly (readonly [share: number, verdicts: readonly Verdict[]])[] = [
  [58, ['approve']],
  [10, ['deny']],
  [12, ['approve', 'disable']],
  [6, ['approve', 'deny']],
  [5, ['deny', 'approve']],
  [9, ['documents', 'approve']],
]
const LONGEST_PAUSE_MS = 3_000
/** Shares of the identities to which this happens too. */
const TWIN_SHARE = 0.12
const THROUGH_API_SHARE = 0.12
const LIE_SHARE = 0.06
const FORGED_SHARE = 0.05
const STRANGER_SHARE = 0.05
const TRANSFER_SHARE = 0.05
const TEST_SHARE = 0.03
const ASK_AGAIN_MS = 500

export interface Traffic {
  /** Events that Paxos never had, sent with our key, and which of them were answered 2xx. The answer to others may be lost. */
  forged: string[]
  forgedAccepted: string[]
  /** Deliveries with a wrong key, and how many of them were accepted. */
  strangers: { refused: number; letIn: number }
  /** For each Idempotency-Key, the identities that our API answered with. */
  asked: Map<string, Set<string>>
  /** Failures that no fault of the run explains. */
  failures: string[]
  /** Stops new identities. Resolves when every story has ended and every request has its answer. */
  stop(): Promise<void>
}

/** Identities at a steady rate, each with its story. By the seed, the nth identity always has the same story. */
export function startTraffic(world: ChaosWorld, { seed, perSecond }: { seed: number; perSecond: number }): Traffic {
  const random = new SeededRandom(seed)
  const { sandbox } = world
  const traffic: Omit<Traffic, 'stop'> = {
    forged: [],
    forgedAccepted: [],
    strangers: { refused: 0, letIn: 0 },
    asked: new Map(),
    failures: [],
  }
  const storiesInProgress = new Set<Promise<void>>()
  let made = 0

  const tell = async (n: number): Promise<void> => {
    const happens = (what: string, share: number): boolean => random.fraction(what, n) < share
    if (happens('forged', FORGED_SHARE)) await forge(n)
    if (happens('stranger', STRANGER_SHARE)) await knock(n)
    if (happens('transfer', TRANSFER_SHARE)) sandbox.events.emit({ type: 'orchestration.completed', object: {}, identityId: null })
    if (happens('test', TEST_SHARE)) sandbox.events.emit({ type: 'identity.approved', object: {}, identityId: null, isTest: true })
    const identity = happens('api', THROUGH_API_SHARE) ? await askFor(n) : createIdentity(sandbox, person(n))
    const [first, ...later] = storyOf(random.fraction('story', n))
    if (happens('lie', LIE_SHARE) && (first === 'approve' || first === 'deny')) await lieAbout(decideUnheard(identity, first), n)
    else sandbox.engine.decide(identity, first)
    if (first === 'approve' && happens('twin', TWIN_SHARE)) emitTwin(identity)
    for (const [index, verdict] of later.entries()) {
      await sleep(random.fraction('pause', n, index) * LONGEST_PAUSE_MS)
      sandbox.engine.decide(identity, verdict)
    }
  }

  /** Requests an identity from our API, repeated under one key, as a client does that does not know the outcome. */
  const askFor = async (n: number): Promise<Identity> => {
    const key = `chaos-${n}`
    const body = { ...person(n), metadata: { sandbox_decision: 'never' } }
    const identities = new Set<string>()
    traffic.asked.set(key, identities)
    for (let wanted = random.fraction('ask again', n) < 0.5 ? 1 : 2; wanted > 0; ) {
      const id = await ask(world, key, body)
      if (id === null) {
        await sleep(ASK_AGAIN_MS)
        continue
      }
      identities.add(id)
      wanted--
    }
    const [id = ''] = identities
    const identity = sandbox.identities.get(id)
    if (!identity) throw new Error(`our API names identity ${id}, which Paxos does not have`)
    return identity
  }

  /** The status changes and its event is listed, but not delivered. */
  const decideUnheard = (identity: Identity, verdict: 'approve' | 'deny'): StoredEvent => {
    const status = verdict === 'approve' ? 'APPROVED' : 'DENIED'
    identity.checks = { ...identity.checks, sanctions_verification_status: status, additional_screening_status: status }
    sandbox.engine.settle(identity, { deliver: false })
    const event = sandbox.events.all.at(-1)
    if (event?.identityId !== identity.id) throw new Error('the simulator has decided and emitted nothing')
    return event
  }

  /** A forger with our key is faster than Paxos and reports a true event as another one, or as a test. */
  const lieAbout = async (event: StoredEvent, n: number): Promise<void> => {
    const lie = random.fraction('which lie', n) < 0.5 ? { type: 'transfer.completed' } : { is_test: true }
    await deliver(world, { id: event.id, type: event.type, ...lie })
    sandbox.webhooks.redeliver(event, 1)
  }

  /** A forger with our key reports an event that never was. */
  const forge = async (n: number): Promise<void> => {
    const id = random.uuid('forged', n)
    traffic.forged.push(id)
    if ((await deliver(world, { id, type: 'identity.approved' })) === 200) traffic.forgedAccepted.push(id)
  }

  const knock = async (n: number): Promise<void> => {
    const status = await deliver(world, { id: random.uuid('stranger', n), type: 'identity.approved' }, 'not-the-key-of-the-run')
    if (status === 200) traffic.strangers.letIn++
    if (status === 401 || status === 429) traffic.strangers.refused++
  }

  const emitTwin = ({ id }: Identity): void => {
    const object = { old_summary_status: 'PENDING', new_summary_status: 'APPROVED' }
    sandbox.events.emit({ type: 'identity.approved', object, identityId: id })
  }

  const timer = setInterval(() => {
    const story = tell(++made).catch((error: unknown) => void traffic.failures.push(String(error)))
    storiesInProgress.add(story)
    void story.then(() => storiesInProgress.delete(story))
  }, 1_000 / perSecond)
  return {
    ...traffic,
    stop: async () => {
      clearInterval(timer)
      await Promise.all(storiesInProgress)
    },
  }
}

function storyOf(fraction: number): readonly [Verdict, ...Verdict[]] {
  let left = fraction * 100
  for (const [share, verdicts] of STORIES) {
    if (left < share) return verdicts as [Verdict, ...Verdict[]] // no story is empty
    left -= share
  }
  return ['approve']
}

const person = (n: number) => inventedPerson(`chaos-customer-${n}`, n)

/** The status of the answer, or null without one. */
async function deliver(
  { receiverUrl }: ChaosWorld,
  { id, type, is_test = false }: { id: string; type: string; is_test?: boolean },
  key = API_KEY,
): Promise<number | null> {
  return fetch(`${receiverUrl}/webhooks/paxos`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key },
    body: JSON.stringify({ id, type, is_test, source: 'com.paxos', time: new Date().toISOString(), object: 'event' }),
    signal: AbortSignal.timeout(5_000),
  }).then(
    async (answer) => {
      await answer.body?.cancel()
      return answer.status
    },
    () => null,
  )
}

/** The identity that the answer names; null without an answer, or when it says to ask again (also a 202). @throws on any refusal */
async function ask({ operatorUrl }: ChaosWorld, key: string, body: object): Promise<string | null> {
  const answer = await fetch(`${operatorUrl}/v1/onboardings`, {
    method: 'POST',
    headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  }).catch(() => null)
  if (answer === null) return null
  const text = await answer.text().catch(() => null)
  if (text === null || answer.status >= 500 || answer.status === 429 || answer.status === 202) return null
  if (!answer.ok) throw new Error(`POST /v1/onboardings under ${key} is refused: ${answer.status} ${text}`)
  return (JSON.parse(text) as { identityId: string }).identityId
}
