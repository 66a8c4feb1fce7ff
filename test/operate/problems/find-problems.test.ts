import { describe, expect, it } from 'vitest'
import type { OpenCause } from '../../../src/inbox/open-causes.ts'
import { findProblems } from '../../../src/operate/problems/find-problems.ts'
import type { Observed } from '../../../src/operate/problems/observed.ts'
import { delaysEvents, stopsTheBacklog } from '../../../src/operate/problems/problem.ts'
import type { UpstreamContact } from '../../../src/paxos/upstream-contact.ts'
import type { RoleProcess } from '../../../src/roster/role-process.ts'

const now = new Date('2026-03-01T20:40:00Z')
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1_000)
const role = (name: RoleProcess['role']): RoleProcess => ({
  ...{ id: name, role: name, host: 'a', pid: 1, url: null, startedAt: ago(900), silentSeconds: 1 },
  ...{ queue: 'Postgres', upstream: null, simulated: true },
})
const CALM: Observed = {
  now,
  running: [role('receiver'), role('worker'), role('operator')],
  counts: { waiting: 0, active: 0, delayed: 0, paused: false },
  pause: null,
  canary: { seenAt: ago(3), seenBy: 'a:1', sinceSeenMs: 3_000, waitingMs: null },
  causes: [],
  contact: [],
  notices: { failingSince: null, failures: 0, lastCode: null, lastStatus: null, lastTakenAt: ago(60) },
  held: 0,
  duplicates: { count: 0, oldestAt: null },
  openErasures: [],
  oldestUnfinishedAt: null,
  sweptTo: ago(600),
  sweepEverySeconds: 900,
  lockedForMs: 0,
  keys: [],
  unknownOfKeys: [],
  alertChannels: [],
}
const cause = (given: Partial<OpenCause>): OpenCause => ({
  ...{ causeId: null, effectKind: null, operation: null, status: null, acknowledged: null },
  ...{ state: 'accepted', errorCode: null, innerCode: null, events: 1, customers: 1, oldestReceivedAt: ago(360), firstCompletedAt: null },
  ...{ nextDueAt: new Date(now.getTime() + 35_000), ...given },
})
const DETAIL = 'Paxos events.get (503 Service Unavailable): Paxos is not available.'
const DOWN: UpstreamContact = {
  ...{ circuit: 'api', failingSince: ago(360), errorCode: 'PAXOS_UNAVAILABLE', httpStatus: 503, detail: DETAIL },
  ...{ nextProbeAt: new Date(now.getTime() + 20_000), answeredAt: null },
}
const see = (given: Partial<Observed>) => findProblems({ ...CALM, ...given })
const kinds = (given: Partial<Observed>): string[] => see(given).map(({ kind }) => kind)

describe('the problems', () => {
  it('are none while everything works', () => {
    expect(see({})).toEqual([])
  })

  it('F50: name the webhook key whose events Paxos does not know, until it is withdrawn and its events are dismissed', () => {
    const demoted = { at: ago(360), known: 3, unknown: 147 }
    const key = { slot: 'api-key-57013e00', accepted: true, lastUsedAt: ago(1), known: 0, unknown: 90, demoted }
    const parked = { slot: key.slot, events: 20_000, firstReceivedAt: new Date('2026-03-01T20:30:00.400Z'), lastReceivedAt: ago(60) }
    const own = { ...key, slot: 'api-key-0e0e0e0e', demoted: null }
    expect(see({ keys: [own, key], unknownOfKeys: [parked] })).toMatchObject([
      {
        kind: 'key-demoted',
        severity: 'fault',
        sentence:
          'Paxos did not know 147 of 150 events of webhook key api-key-57013e00, so Gatehouse demoted it at 20:34 UTC. 20000 events of the key parked as unknown to Paxos.',
        since: ago(360),
        nextAction:
          'If the key was stolen, exchange it: set WEBHOOK_API_KEYS to a new key (openssl rand -hex 24 makes one), here and at Paxos. Then dismiss its events with the command below.',
        command: expect.stringContaining(
          'event dismiss --key api-key-57013e00 --from 2026-03-01T20:30:00Z --to 2026-03-01T20:39:01Z --operator <you> --reason "..."',
        ),
      },
    ])
    expect(see({ keys: [key] })).toMatchObject([{ command: expect.stringContaining('key list') }])
    const withdrawn = { ...key, accepted: false }
    expect(see({ keys: [withdrawn], unknownOfKeys: [parked] })).toMatchObject([
      { severity: 'warning', nextAction: expect.stringContaining('No running receiver accepts the key any more.') },
    ])
    expect(see({ keys: [withdrawn] })).toEqual([])
    const [problem] = see({ keys: [key] })
    expect([problem && stopsTheBacklog(problem), problem && delaysEvents(problem)]).toEqual([false, true])
  })

  it('B18: name the channel for alerts that accepts no message, until no process has it configured', () => {
    const channel = {
      channel: 'e-mail',
      seenAt: ago(5),
      lastDeliveredAt: ago(3_600),
      heartbeatAt: null,
      failures: 4,
      lastCode: '535',
    } as const
    expect(see({ alertChannels: [{ ...channel, failingSince: ago(360) }] })).toMatchObject([
      {
        key: 'alert-channel-failing:e-mail',
        sentence:
          'The e-mail channel for alerts accepts no message (535), 4 failures in a row since 20:34 UTC. It last accepted one at 19:40 UTC.',
      },
    ])
    expect(see({ alertChannels: [{ ...channel, failingSince: null, failures: 0, lastCode: null }] })).toEqual([])
    expect(see({ alertChannels: [{ ...channel, seenAt: ago(700), failingSince: ago(800) }] })).toEqual([])
  })

  it('B18: have facts without the names and words of operators, which alerts carry', () => {
    const words = 'Mona Muster called, +1 555 0100'
    const acknowledged = { by: 'Mona Muster', at: ago(60), reason: words }
    const problems = see({
      counts: { waiting: 0, active: 0, delayed: 0, paused: true },
      pause: { by: 'Mona Muster', at: ago(60), reason: words },
      causes: [
        cause({ state: 'dead', causeId: '17', errorCode: 'NOTICE_REFUSED', acknowledged }),
        cause({ state: 'parked', causeId: '18' }),
      ],
    })
    expect(problems.map(({ sentence }) => sentence).join()).toContain(words)
    expect(problems.map(({ facts, nextAction }) => facts + nextAction).join()).not.toMatch(/Mona|555/)
    expect(problems.map(({ key }) => key)).toEqual(['queue-paused', 'dead:17', 'parked:18'])
  })

  it('B18: list every cause on its own for alerts, so that none leaves the list when another one grows', () => {
    const causes = Array.from({ length: 12 }, (_, n) => cause({ state: 'dead', causeId: String(n) }))
    expect(see({ causes })).toHaveLength(6)
    const keys = findProblems({ ...CALM, causes }, { everyCause: true }).map(({ key }) => key)
    expect(new Set(keys).size).toBe(12)
  })

  it.each([
    ['oauth-paxos', 'WEBHOOK_OAUTH_CLIENTS'],
    ['signature-57013e00', 'WEBHOOK_SIGNING_SECRETS'],
  ])('F50: name the variable that holds %s', (slot, variable) => {
    const key = { slot, accepted: true, lastUsedAt: null, known: 0, unknown: 60, demoted: { at: ago(1), known: 0, unknown: 60 } }
    expect(see({ keys: [key] })).toMatchObject([{ nextAction: expect.stringContaining(variable) }])
  })

  it('F6: name Paxos, its answer, the number of waiting events, the start and the next probe', () => {
    const [problem, ...more] = see({
      causes: [cause({ errorCode: 'PAXOS_UNAVAILABLE', status: 503, events: 12, customers: 3 }), cause({ events: 3, customers: 0 })],
      oldestUnfinishedAt: ago(400),
    })
    expect(problem).toMatchObject({
      kind: 'paxos-down',
      sentence:
        'Paxos does not answer (503); the oldest waiting event arrived at 20:34 UTC. 15 events waiting; none is lost. Next probe in 20 s.',
      since: ago(360),
      customers: 3,
    })
    expect(more).toEqual([]) // it explains an old unfinished event
  })

  it('F6: take start, reason and next probe from an open breaker, for waiting events of any age', () => {
    const causes = [cause({ errorCode: 'PAXOS_CIRCUIT_OPEN', events: 15, oldestReceivedAt: ago(5) })]
    expect(see({ contact: [DOWN], causes })).toMatchObject([
      {
        kind: 'paxos-down',
        sentence: 'Paxos has not answered since 20:34 UTC (503). 15 events waiting; none is lost. Next probe in 20 s.',
        since: ago(360),
      },
    ])
    expect(see({ contact: [DOWN] })).toMatchObject([{ sentence: expect.stringContaining('No event is waiting. Next probe in 20 s.') }])
    expect(see({ contact: [{ ...DOWN, httpStatus: null, nextProbeAt: ago(1) }] })).toMatchObject([
      { sentence: 'Paxos has not answered since 20:34 UTC (no answer). No event is waiting. Next probe is due now.' },
    ])
  })

  it('F6: do not name Paxos when the breaker has closed since the waiting events came', () => {
    const contact = [{ ...DOWN, failingSince: null, errorCode: null, httpStatus: null, nextProbeAt: null, answeredAt: ago(10) }]
    const causes = [cause({ errorCode: 'PAXOS_CIRCUIT_OPEN' })]
    expect(kinds({ contact, causes })).toEqual([])
    expect(kinds({ contact: [{ ...contact[0]!, answeredAt: ago(400) }], causes })).toEqual(['paxos-down'])
  })

  it('F6: report no outage when refused credentials opened the breaker', () => {
    expect(kinds({ contact: [{ ...DOWN, circuit: 'token', errorCode: 'PAXOS_CREDENTIALS_REFUSED', httpStatus: 401 }] })).toEqual([])
  })

  it('F6: no longer name Paxos when its events are overdue', () => {
    expect(kinds({ causes: [cause({ errorCode: 'PAXOS_UNAVAILABLE', nextDueAt: ago(61) })] })).toEqual([])
  })

  it('tell refused credentials and scopes from an outage', () => {
    expect(see({ causes: [cause({ errorCode: 'PAXOS_SCOPE_MISSING' })] })).toMatchObject([
      { kind: 'paxos-refuses-us', sentence: expect.stringContaining('PAXOS_SCOPE_MISSING') },
    ])
  })

  it('F5: name the application from its first refusal on, with its answer and the start', () => {
    const notices = { failingSince: ago(60), failures: 1, lastCode: 'NOTICE_REFUSED', lastStatus: 400, lastTakenAt: null }
    expect(see({ notices })).toMatchObject([
      {
        kind: 'application-refuses',
        sentence: 'Your application refuses notifications (400), 1 in a row since 20:39 UTC.',
        since: ago(60),
      },
    ])
    expect(kinds({ notices: { ...notices, lastCode: 'NOTICE_UNAVAILABLE', lastStatus: null } })).toEqual(['application-down'])
  })

  it('F27: name the pause with operator, start and reason, and do not blame the workers', () => {
    const paused = { counts: { waiting: 5, active: 0, delayed: 0, paused: true }, canary: { ...CALM.canary, sinceSeenMs: 720_000 } }
    expect(see({ ...paused, pause: { by: 'ada', at: ago(720), reason: 'deploy 42' } })).toMatchObject([
      { kind: 'queue-paused', sentence: 'The queue is paused. Paused by ada 12 min ago: deploy 42.' },
    ])
  })

  it.each<[string, Partial<Observed>]>([
    ['queue-unreachable', { counts: null }],
    ['no-worker', { running: [role('receiver')] }],
    ['no-receiver', { running: [role('worker')] }],
    ['worker-silent', { canary: { ...CALM.canary, sinceSeenMs: 61_000 } }],
    ['paxos-locked', { lockedForMs: 299_000 }],
    ['dead', { causes: [cause({ state: 'dead', errorCode: 'NOTICE_REFUSED', firstCompletedAt: ago(5) })] }],
    ['parked', { causes: [cause({ state: 'parked', errorCode: 'EVENT_UNKNOWN_TO_PAXOS', firstCompletedAt: ago(5) })] }],
    ['held', { held: 2 }],
    ['duplicate-person', { duplicates: { count: 2, oldestAt: ago(600) } }],
    ['erasure-overdue', { openErasures: [{ requestedAt: new Date(now.getTime() - 31 * 86_400_000) }] }],
    ['oldest-unfinished', { oldestUnfinishedAt: ago(301) }],
    ['sweep-overdue', { sweptTo: ago(2_701) }],
  ])('consist of %s', (kind, given) => {
    expect(kinds(given)).toEqual([kind])
    for (const { nextAction, sentence } of see(given))
      expect([nextAction, sentence].every((text) => /^[A-Z0-9].*[.?]$/s.test(text))).toBe(true)
  })

  it('F14: name the reason why an effect was refused', () => {
    expect(see({ causes: [cause({ state: 'parked', errorCode: 'EFFECT_REFUSED', innerCode: 'PAXOS_REJECTED' })] })).toMatchObject([
      { sentence: '1 event parked: EFFECT_REFUSED (PAXOS_REJECTED).' },
    ])
  })

  it('list the five largest of many causes, and the others in one sentence', () => {
    const causes = Array.from({ length: 8 }, (_, n) =>
      cause({ state: 'dead', errorCode: `CODE_${n}`, events: 10 - n, firstCompletedAt: ago(5) }),
    )
    expect(see({ causes }).map(({ sentence }) => sentence)).toEqual([
      ...[10, 9, 8, 7, 6].map((events, n) => `${events} events dead: CODE_${n}.`),
      '12 events more dead, with 3 other causes.',
    ])
  })

  it('are sorted, worst first', () => {
    const everything = { counts: null, running: [], held: 1, lockedForMs: 1_000, causes: [cause({ state: 'dead' })] }
    expect(kinds(everything)).toEqual(['queue-unreachable', 'no-worker', 'no-receiver', 'paxos-locked', 'dead', 'held'])
  })

  it.each<[string, Partial<Observed>, boolean]>([
    ['Paxos is down', { causes: [cause({ errorCode: 'PAXOS_CIRCUIT_OPEN' })] }, true],
    ['no worker runs', { running: [role('receiver')] }, true],
    ['Paxos has locked Gatehouse out, so that the limits give a time', { lockedForMs: 299_000 }, false],
    ['events are dead', { causes: [cause({ state: 'dead' })] }, false],
  ])('F6: allow no estimate of the backlog when %s: %s', (_name, given, stops) => {
    expect(see(given).some(stopsTheBacklog)).toBe(stops)
  })
})
