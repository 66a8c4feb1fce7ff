import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { API_SCHEMAS } from '../../src/api/api-schemas.ts'
import { registerAuditCommands } from '../../src/cli/audit-commands.ts'
import { examine } from '../../src/cli/doctor-command.ts'
import { registerEventCommands } from '../../src/cli/event-commands.ts'
import { registerLedgerCommands } from '../../src/cli/ledger-commands.ts'
import { registerOnboardingCommands } from '../../src/cli/onboarding-commands.ts'
import { registerQueueCommands } from '../../src/cli/queue-commands.ts'
import { registerReplayCommands } from '../../src/cli/replay-commands.ts'
import { registerSessionCommands } from '../../src/cli/session-commands.ts'
import { insertSamples } from '../../src/inbox/delivery-samples.ts'
import { momentAfterNow } from '../../src/inbox/match-events.ts'
import { samplePerson } from '../../src/sandbox/world/sample-person.ts'
import { seedOnboarding } from '../operate/seed-onboarding.ts'
import { lockOut, type Operator, receiveDecided, startOperator } from '../operate/start-operator.ts'

let operator: Operator
let folder: string
let closed = 0
let opened = 0
beforeAll(async () => {
  operator = await startOperator()
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-commands-'))
})
afterAll(async () => {
  await operator.close()
  await rm(folder, { recursive: true })
})
beforeEach(() => {
  opened = 0
  closed = 0
})

/** Runs `gatehouse …` in this process, as cli.ts does, and returns its output. The test fails when the command leaves anything open. */
async function gatehouse(...args: string[]): Promise<string> {
  const printed: string[] = []
  const program = new Command('gatehouse')
  const open = async () => {
    opened += 1
    const close = async (): Promise<void> => {
      closed += 1
    }
    return { ...operator, close }
  }
  for (const register of [
    registerEventCommands,
    registerOnboardingCommands,
    registerReplayCommands,
    registerQueueCommands,
    registerLedgerCommands,
    registerAuditCommands,
    registerSessionCommands,
  ]) {
    register(program, open, (text) => printed.push(text))
  }
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: (text) => printed.push(text) })
  }
  try {
    await program.parseAsync(args, { from: 'user' })
  } finally {
    expect(closed).toBe(opened)
  }
  return printed.join('\n')
}

async function writePerson(person: object): Promise<string> {
  const path = join(folder, `${randomUUID()}.json`)
  await writeFile(path, JSON.stringify(person))
  return path
}

describe('gatehouse event', () => {
  it('says that the inbox is empty, and what to do next', async () => {
    expect(await gatehouse('event', 'list')).toContain('Paxos sends webhooks to POST /webhooks/paxos')
    expect(await gatehouse('event', 'list', '--state', 'dead')).toBe('No event is dead. No action needed.')
  })

  it('lists what waits for an operator, with the command that replays it', async () => {
    const eventId = randomUUID()
    await operator.accept({ id: eventId, type: 'identity.approved' })
    await operator.pool.query(
      `UPDATE inbox_event SET state = 'parked', attempts = 5, error_code = 'EVENT_UNKNOWN_TO_PAXOS', completed_at = now() WHERE event_id = $1`,
      [eventId],
    )
    const lines = (await gatehouse('event', 'list', '--state', 'parked', '--since', '2h')).split('\n')
    expect(lines[0]).toMatch(/^RECEIVED \(UTC\) +STATE +TYPE +EVENT +IDENTITY +ATTEMPTS +OUTCOME$/)
    expect(lines[1]).toMatch(
      new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d +parked +identity\\.approved +${eventId} +- +5 +EVENT_UNKNOWN_TO_PAXOS$`),
    )
    expect(lines.at(-1)).toBe('Plan a replay (changes nothing): gatehouse replay plan --state parked')
    const shown = await gatehouse('event', 'show', eventId)
    expect(shown).toMatch(/^state +parked$/m)
    expect(shown).toContain(`gatehouse replay plan --event ${eventId}`)
  })

  it('F14: says what refused an effect in the list, and shows every attempt with status, detail and duration', async () => {
    const { identityId } = await seedOnboarding(operator.ledger, {
      statuses: ['APPROVED'],
      told: false,
      refusedWith: 'PAXOS_SCOPE_MISSING',
    })
    const attempt = { step: 'account', at: Date.now(), durationMs: 42, operation: 'accounts.create', problemType: null, detail: null }
    const forbidden = { status: 403, code: 'PAXOS_SCOPE_MISSING', problemType: 'about:blank/forbidden', detail: 'scope missing' }
    await operator.ledger.keepAttempts(identityId, [
      { ...attempt, number: 1, status: 503, code: 'PAXOS_UNAVAILABLE' },
      { ...attempt, number: 2, ...forbidden, at: Date.now() + 1 },
    ])
    const eventId = randomUUID()
    await operator.accept({ id: eventId, type: 'identity.approved' })
    const cause = { code: 'PAXOS_SCOPE_MISSING', effectKind: 'create-account', operation: null, status: null, problemType: null }
    await operator.pool.query(
      `UPDATE inbox_event SET state = 'parked', identity_id = $2, error_code = 'EFFECT_REFUSED', completed_at = now(), cause_id = $3,
         error_detail = 'account was refused (PAXOS_SCOPE_MISSING); replay the event once the cause is fixed' WHERE event_id = $1`,
      [eventId, identityId, await operator.inbox.keepCause(cause)],
    )
    expect(await gatehouse('event', 'list', '--identity', identityId)).toContain('EFFECT_REFUSED (403 forbidden: scope missing)')
    const shown = await gatehouse('event', 'show', eventId)
    expect(shown).toMatch(/account no\. 1 +accounts\.create +503 +PAXOS_UNAVAILABLE +42 ms/)
    expect(shown).toMatch(/account no\. 2 +accounts\.create +403 +PAXOS_SCOPE_MISSING about:blank\/forbidden scope missing +42 ms/)
    const story = API_SCHEMAS.EventStory.parse((await operator.call('GET', `/v1/events/${eventId}`)).body)
    expect([story.refusal?.status, story.effectAttempts.map(({ status }) => status)]).toEqual([403, [503, 403]])
    const customer = API_SCHEMAS.OnboardingStory.parse((await operator.call('GET', `/v1/onboardings/${identityId}`)).body)
    expect([customer.events[0]?.refusal?.attemptNo, customer.effectAttempts.length]).toEqual([2, 2])
    const { problems } = API_SCHEMAS.Home.parse((await operator.call('GET', '/v1/home')).body)
    expect(problems.map(({ sentence }) => sentence)).toContain('1 event parked: EFFECT_REFUSED (PAXOS_SCOPE_MISSING), create-account.')
    await operator.pool.query(`UPDATE inbox_event SET state = 'processed' WHERE event_id = $1`, [eventId])
  })

  it('prints exactly one JSON document with --json, in pages', async () => {
    for (let n = 0; n < 2; n += 1) await operator.accept({ id: randomUUID(), type: 'identity.denied' })
    const first = JSON.parse(await gatehouse('event', 'list', '--type', 'identity.denied', '--limit', '1', '--json'))
    const second = JSON.parse(await gatehouse('event', 'list', '--type', 'identity.denied', '--cursor', first.nextCursor, '--json'))
    expect([first.items.length, second.items.length, second.nextCursor]).toEqual([1, 1, null])
    expect(await gatehouse('event', 'list', '--type', 'identity.denied', '--limit', '1')).toContain(`--cursor ${first.nextCursor}`)
    expect(JSON.parse(await gatehouse('event', 'show', first.items[0].eventId, '--json'))).toMatchObject({ type: 'identity.denied' })
  })

  it.each([
    [['event', 'show', 'a b'], 'It takes an id issued by Paxos'],
    [['replay', 'show', 'abc'], 'Ids look like'],
    [['event', 'list', '--state', 'lost'], 'It takes accepted, processed, parked, dead, test, dismissed.'],
    [['event', 'list', '--since', 'yesterday'], 'an age (15m, 2h, 3d)'],
    [['event', 'list', '--limit', '0'], 'It takes a number from 1 to 200.'],
  ])('refuses %j before it connects to anything', async (args, message) => {
    await expect(gatehouse(...args)).rejects.toThrow(message)
    await expect(gatehouse(...args)).rejects.toBeInstanceOf(CommanderError)
    expect(opened).toBe(0)
  })

  it('says when an event was never received', async () => {
    await expect(gatehouse('event', 'show', randomUUID())).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('never received it'),
    })
  })
})

describe('gatehouse onboarding', () => {
  it('creates one from a file, safely again, and shows its timeline', async () => {
    const person = samplePerson()
    const file = await writePerson(person)
    const created = await gatehouse('onboarding', 'create', file, '--operator', 'ada')
    const [, identityId = ''] = /^Opened onboarding (\S+)\.$/m.exec(created) ?? []
    expect(created).toContain(`gatehouse onboarding show ${identityId}`)
    expect(await gatehouse('onboarding', 'create', file, '--operator', 'ada')).toContain(`${identityId} already exists`)
    expect(JSON.parse(await gatehouse('onboarding', 'create', file, '--json'))).toEqual({ identityId, created: false })
    const story = (await gatehouse('onboarding', 'show', identityId)).split('\n')
    expect(story[0]).toBe(`Onboarding ${identityId}: pending`)
    expect(story[2]).toMatch(/^ {2}waiting {2}Waiting for Paxos's decision/)
    expect(story.at(-2)).toMatch(/^ {2}\d\d:\d\d:\d\d\.\d{3} +→ Command accepted: create-onboarding$/)
    expect(story.at(-1)).toMatch(/^ {2}\d\d:\d\d:\d\d\.\d{3} +(\+\S+ ms )? *· Created at Paxos as \S+ {2}by ada$/)
  })

  it('names every wrong field of the file at once, repeats no value, and connects to nothing', async () => {
    const { person_details, ...person } = samplePerson() as { person_details: object }
    const file = await writePerson({ ...person, person_details: { ...person_details, first_name: 'Sécret', nationality: 'Secret' } })
    const refused = await gatehouse('onboarding', 'create', file).catch((error: Error) => error.message)
    expect(refused).toContain('  - person_details.first_name may hold only ASCII')
    expect(refused).toContain('  - person_details.nationality must be an ISO 3166-1 alpha-3 code')
    expect(refused).not.toMatch(/s.cret/i)
    await expect(gatehouse('onboarding', 'create', join(folder, 'nothing.json'))).rejects.toThrow('(ENOENT)')
    await expect(gatehouse('onboarding', 'create', await writePerson({ ...samplePerson(), ref_id: undefined }))).rejects.toThrow(
      '--idempotency-key',
    )
    expect(opened).toBe(0)
  })

  it('lists by state and by the start of an id, and says what a held one needs', async () => {
    const { identityId } = await seedOnboarding(operator.ledger, { refId: 'cli-held', statuses: ['APPROVED', 'DENIED'] })
    const listed = await gatehouse('onboarding', 'list', '--state', 'held', '--q', identityId.slice(0, 8))
    expect(listed.split('\n')[1]).toMatch(
      new RegExp(`held +${identityId} +cli-held +Held: Paxos says DENIED after it approved the identity`),
    )
    expect(await gatehouse('onboarding', 'show', identityId)).toContain(`gatehouse replay plan --identity ${identityId} --release-holds`)
    expect(await gatehouse('onboarding', 'list', '--q', 'unknown')).toBe('No id and no ref_id starts with unknown.')
    expect(JSON.parse(await gatehouse('onboarding', 'list', '--state', 'held', '--json')).items[0]).toMatchObject({
      identityId,
      state: 'held',
    })
    await expect(gatehouse('onboarding', 'show', randomUUID())).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('gatehouse replay', () => {
  it('says when no replay was ever planned', async () => {
    expect(await gatehouse('replay', 'list')).toMatch(/^No replay yet\./)
  })

  it('plans, then runs once approved with a name and a reason', async () => {
    const [event] = await operator.sandbox.populate({ count: 1, refIdPrefix: 'cli-', decision: 'deny', deliver: false })
    if (!event) throw new Error('the simulator made no event')
    await operator.accept(event)
    await operator.pool.query(`UPDATE inbox_event SET state = 'dead', completed_at = now() WHERE event_id = $1`, [event.id])
    const planned = await gatehouse('replay', 'plan', '--state', 'dead', '--event', event.id, '--operator', 'ada')
    const [, id = ''] = /^Replay (\S+): planned$/m.exec(planned) ?? []
    expect(planned).toMatch(new RegExp(`^${event.id} +identity\\.denied +\\S+ +dead +would-send-notice`, 'm'))
    expect(planned).toMatch(/^Estimated time: about 1 s within Paxos's rate limits, current backlog included$/m)
    await lockOut(operator, 299)
    expect(await gatehouse('replay', 'show', id)).toMatch(/included\nPaxos answered 429, so Gatehouse does not call it for another 5 min$/m)
    await lockOut(operator, 0)
    expect(planned.split('\n').at(-1)).toBe(`Run it: gatehouse replay approve ${id} --operator <you> --reason "<why>"`)
    const approve = ['replay', 'approve', id, '--operator', 'grace', '--reason', 'incident 7']
    await expect(gatehouse(...approve)).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('--yes') })
    await expect(gatehouse('replay', 'approve', id, '--operator', 'grace', '--yes')).rejects.toThrow("required option '--reason <text>'")
    await expect(gatehouse('replay', 'approve', id, '--operator', ' ', '--reason', 'x', '--yes')).rejects.toMatchObject({ code: 'USAGE' })
    await expect(gatehouse('replay', 'approve', id, '--operator', 'grace', '--reason', 'x', '--yes')).rejects.toThrow(
      'at least 3 characters',
    )
    expect(JSON.parse(await gatehouse('replay', 'show', id, '--json'))).toMatchObject({ state: 'planned', plannedBy: 'ada' })
    const run = await gatehouse(...approve, '--yes')
    expect(run).toContain(`Replay ${id}: running`)
    expect(run).toMatch(/^approved by grace at .*: incident 7$/m)
    expect(run).toContain('reopened')
    await expect(gatehouse(...approve.with(-1, 'once more'), '--yes')).rejects.toMatchObject({ code: 'REPLAY_STATE' })
    const listed = (await gatehouse('replay', 'list')).split('\n')
    expect(listed[0]).toMatch(/^PLANNED \(UTC\) +STATE +EVENTS +REPLAY +PLANNED BY +APPROVED BY +REASON$/)
    expect(listed[1]).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\S+ +running +1 event +${id} +ada +grace +incident 7$`))
    expect(listed.at(-1)).toBe('Show one in full: gatehouse replay show <replay-id>')
    await gatehouse('replay', 'plan', '--event', event.id, '--operator', 'ada')
    const { items, nextCursor } = JSON.parse(await gatehouse('replay', 'list', '--limit', '1', '--json'))
    expect(items).toMatchObject([{ state: 'planned' }])
    expect(JSON.parse(await gatehouse('replay', 'list', '--cursor', nextCursor, '--json')).items).toMatchObject([{ id }])
  })

  it('F12, F31: says where a replay stands, what was requested, and how to continue', async () => {
    const [eventId = ''] = await receiveDecided(operator, { count: 1, refIdPrefix: 'cli-steered-' })
    const { id } = JSON.parse(await gatehouse('replay', 'plan', '--state', 'accepted', '--event', eventId, '--json'))
    const why = ['--operator', 'ada', '--reason', 'incident 8']
    await gatehouse('replay', 'approve', id, ...why, '--yes')
    const paused = (await gatehouse('replay', 'pause', id, ...why)).split('\n')
    expect(paused.slice(0, 2)).toEqual([`Replay ${id}: paused`, 'Paused after 0 of 1 events: paused by ada: incident 8'])
    expect(paused.at(-1)).toBe(`Resume: gatehouse replay resume ${id} --operator <you> --reason "<why>"`)
    expect(await gatehouse('replay', 'cancel', id, ...why)).toContain('Cancelled: cancelled by ada: incident 8')
    await expect(gatehouse('replay', 'resume', id, ...why)).rejects.toMatchObject({ code: 'REPLAY_STATE' })
    const plan = JSON.parse(await gatehouse('replay', 'plan', '--state', 'accepted', '--event', eventId, '--json'))
    expect(await gatehouse('replay', 'discard', plan.id, ...why)).toContain('filter: events that are accepted, with the ids')
    await expect(gatehouse('replay', 'plan')).rejects.toThrow('name at least one of')
  })

  it('F12: exits with 1 and says that nothing was done when every event was skipped', async () => {
    const [eventId = ''] = await receiveDecided(operator, { count: 1, refIdPrefix: 'cli-skipped-' })
    const { id } = JSON.parse(await gatehouse('replay', 'plan', '--event', eventId, '--json'))
    await operator.pool.query('UPDATE inbox_event SET generation = 1, batch = NULL WHERE event_id = $1', [eventId])
    expect(await gatehouse('replay', 'show', id)).toContain('1 of 1 have changed since the plan and would be skipped')
    const run = await gatehouse('replay', 'approve', id, '--operator', 'ada', '--reason', 'incident 9', '--yes')
    expect([run.includes('Finished: no event was processed.'), process.exitCode]).toEqual([true, 1])
    process.exitCode = undefined
  })

  it('says how many events match when the limit took fewer, and how to plan the others', async () => {
    const ids = await receiveDecided(operator, { count: 3, refIdPrefix: 'cli-limited-' })
    const plan = (limit: string) => gatehouse('replay', 'plan', '--limit', limit, ...ids.flatMap((id) => ['--event', id]))
    expect(await plan('2')).toMatch(
      /^2 of 3 events that match, 2 customers: sends 2 notifications\nThe plan holds the oldest\. For the others, plan again/m,
    )
    expect(await plan('3')).toMatch(/^3 events, 3 customers: sends 3 notifications\nEstimated time/m)
  })

  it('says when nothing matches, and when a replay does not exist', async () => {
    expect(await gatehouse('replay', 'plan', '--type', 'identity.nothing')).toContain('is empty: no event matches')
    for (const args of [['show'], ['approve', '--operator', 'a', '--reason', 'because', '--yes']]) {
      await expect(gatehouse('replay', args[0] ?? '', randomUUID(), ...args.slice(1))).rejects.toThrow('Unknown replay')
    }
  })
})

describe('F22: an unknown id', () => {
  const unknown = randomUUID()
  it.each([
    [['ledger', 'verify', '--identity', unknown], 'Unknown identity'],
    [['event', 'list', '--identity', unknown], 'No onboarding and no event has identity'],
    [['event', 'show', unknown], 'never received it'],
    [['onboarding', 'show', unknown], 'Unknown onboarding'],
    [['replay', 'plan', '--identity', unknown], 'No onboarding and no event has identity'],
    [['replay', 'plan', '--event', unknown], 'was never received'],
    [['replay', 'show', unknown], ''],
    [['replay', 'approve', unknown, '--operator', 'ada', '--reason', 'a good one', '--yes'], ''],
  ])('is a usage error of %j, not an empty answer', async (args, message) => {
    await expect(gatehouse(...args)).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining(message) })
  })
})

describe('F23: a reason that is too short', () => {
  it.each([
    ['queue', 'pause'],
    ['queue', 'resume'],
    ['queue', 'rebuild'],
    ['replay', 'approve', randomUUID()],
  ])('is refused with the minimum length, as in the API and the pages: %s %s', async (...words) => {
    await expect(gatehouse(...words, '--operator', 'ada', '--reason', ' x ')).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('--reason must have at least 3 characters'),
    })
    await expect(gatehouse(...words, '--operator', ' ', '--reason', 'a good one')).rejects.toThrow('--operator must name a person')
  })
})

describe('gatehouse queue status and gatehouse doctor', () => {
  const limits = async () => {
    const open = async () => ({ ...operator, close: async () => undefined })
    return (await examine({ config: () => ({ warnings: [], weakSecrets: [] }), open })).find(({ check }) => check === 'paxos limits')
  }

  it("estimate the time for unfinished events within Paxos's limits, and say how long a 429 stops all calls", async () => {
    await operator.accept({ id: randomUUID(), type: 'identity.approved' })
    const calm = await gatehouse('queue', 'status')
    expect(calm).toMatch(/^inbox {5}\d+ unfinished, .*\npaxos {5}backlog: about 1 s within Paxos's rate limits$/m)
    expect(calm).not.toContain('429')
    expect(await limits()).toMatchObject({ result: 'ok', saw: expect.stringMatching(/^\d+ unfinished events?: about 1 s within/) })
    await lockOut(operator, 299)
    expect(await gatehouse('queue', 'status')).toMatch(
      /backlog: about 5 min within.*\nPaxos answered 429, so Gatehouse does not call it for another 5 min\./,
    )
    const { upstream } = JSON.parse(await gatehouse('queue', 'status', '--json'))
    expect([upstream.lockedForSeconds > 240, upstream.backlogSeconds > 240]).toEqual([true, true])
    expect(await limits()).toMatchObject({
      result: 'warning',
      saw: expect.stringContaining('Gatehouse does not call it for another 5 min; '),
    })
    await lockOut(operator, 0)
  })
})

describe('gatehouse queue', () => {
  it('F27: says who paused it and why, and records both in the audit', async () => {
    await gatehouse('queue', 'pause', '--operator', 'ada', '--reason', 'deploy 42')
    expect(await gatehouse('queue', 'status')).toMatch(/^Paused by ada (now|\d s ago): deploy 42\. Resume: gatehouse queue resume/m)
    await gatehouse('queue', 'resume', '--operator', 'ada', '--reason', 'deployed')
    expect(await gatehouse('queue', 'status')).not.toContain('Paused')
    expect(await gatehouse('audit', 'list', '--action', 'queue')).toMatch(
      /queue\.resume +queue +deployed\n.*queue\.pause +queue +deploy 42/,
    )
  })
})

describe('gatehouse audit', () => {
  it('lists who did what, and verifies the chain until an entry is changed', async () => {
    const listed = await gatehouse('audit', 'list')
    expect(listed).toMatch(/grace +operator +replay\.approve +\S+ +incident 7$/m)
    expect(JSON.parse(await gatehouse('audit', 'list', '--limit', '1', '--json')).items).toHaveLength(1)
    expect(await gatehouse('audit', 'list', '--by', 'people', '--action', 'replay.approve')).not.toContain('replay.plan')
    expect(await gatehouse('audit', 'list', '--operator', 'nobody')).toBe('No entry matches. gatehouse audit list shows all.')
    expect(await gatehouse('audit', 'verify')).toMatch(/^\d+ intact\. Head: [0-9a-f]{64}$/m)
    await operator.pool.query(
      `BEGIN; ALTER TABLE audit_entry DISABLE TRIGGER USER; UPDATE audit_entry SET reason = 'lunch' WHERE entry_no = 2; ALTER TABLE audit_entry ENABLE TRIGGER USER; COMMIT`,
    )
    await expect(gatehouse('audit', 'verify')).rejects.toMatchObject({
      code: 'AUDIT_BROKEN',
      message: expect.stringContaining('broken at entry 2'),
    })
  })
})

describe('gatehouse ledger', () => {
  it('verifies every chain, or one, and exits with an error when an entry was changed', async () => {
    const { identityId } = await seedOnboarding(operator.ledger, { statuses: ['APPROVED'] })
    expect(await gatehouse('ledger', 'verify')).toMatch(/^\d+ entries of \d+ identities: every chain is intact\.$/)
    expect(await gatehouse('ledger', 'verify', '--identity', identityId)).toBe('9 entries of 1 identity: every chain is intact.')
    await operator.pool.query(
      `BEGIN; ALTER TABLE ledger_entry DISABLE TRIGGER USER; UPDATE ledger_entry SET actor = 'eve' WHERE stream_id = '${identityId}' AND entry_no = 3; ALTER TABLE ledger_entry ENABLE TRIGGER USER; COMMIT`,
    )
    await expect(gatehouse('ledger', 'verify')).rejects.toMatchObject({
      code: 'LEDGER_BROKEN',
      message: expect.stringContaining('1 fault'),
    })
  })
})

describe('gatehouse event dismiss', () => {
  it('F11: closes what cannot succeed, one event or a plan of them, and reopens it', async () => {
    const eventIds = await receiveDecided(operator, { count: 3, refIdPrefix: 'cli-hopeless-' })
    await operator.pool.query(
      `UPDATE inbox_event SET state = 'parked', error_code = 'CLI_HOPELESS', completed_at = now() WHERE event_id = ANY ($1)`,
      [eventIds],
    )
    const [first = ''] = eventIds
    const why = ['--operator', 'ada', '--reason', 'forged, ticket 7']
    expect(await gatehouse('event', 'dismiss', first, ...why)).toBe(`Event ${first} is dismissed.`)
    expect(await gatehouse('event', 'show', first)).toMatch(/^dismissed +by ada at .*: forged, ticket 7$/m)
    const planned = await gatehouse('event', 'dismiss', '--error', 'CLI_HOPELESS', ...why)
    expect(planned).toMatch(/^2 events, dismisses 2 events$/m)
    const [, id = ''] = /^Replay (\S+): planned$/m.exec(planned) ?? []
    const run = await gatehouse('replay', 'approve', id, ...why, '--yes')
    expect(run).toContain('Finished: 2 events processed.\n')
    expect(run).toMatch(/^result: 2 dismissed$/m)
    expect(await gatehouse('event', 'undismiss', ...eventIds, ...why)).toContain(`Event ${first} is parked.`)
    await expect(gatehouse('event', 'dismiss', ...why)).rejects.toThrow('name at least one of')
  })
})

describe('F64: gatehouse session end', () => {
  it('ends the sessions of one operator or of all, and the audit says who did it and why', async () => {
    const { useCases } = operator
    for (const [seed, name] of [
      [1, 'Grace'],
      [2, 'Grace'],
      [3, 'Linus'],
    ] as const)
      await useCases.openSession(Buffer.alloc(32, seed), { operator: name, source: 'bootstrap', tokenId: null })
    const why = ['--operator', 'José', '--reason', 'laptop stolen']
    expect(await gatehouse('session', 'end', '--of', 'Grace', ...why)).toBe('2 sessions ended')
    expect(await gatehouse('session', 'end', '--all', '--json', ...why)).toBe('{"ended":1}')
    const { items } = await useCases.listAudit({ action: 'session.revoke', operator: 'José', limit: 10 })
    expect(items).toContainEqual(expect.objectContaining({ target: 'Grace', reason: 'laptop stolen' }))
    await expect(gatehouse('session', 'end', ...why)).rejects.toThrow('--of')
  })

  it('c20: accepts names with accents, and refuses what is not a name', async () => {
    await expect(gatehouse('session', 'end', '--all', '--operator', 'a/b', '--reason', 'trying')).rejects.toThrow('accents too')
  })
})

describe('F36: gatehouse event samples', () => {
  it('shows the kept parts of deliveries in printable form', async () => {
    const sample = { at: new Date(), proof: 'api-key', keySlot: 'api-key:1', sourceHash: '0011223344556677', bodySha256: null } as const
    await insertSamples(operator.pool, [
      { ...sample, status: 200, reason: 'accepted', eventId: 'an-event', body: Buffer.from('{"id":"an-event"}') },
      { ...sample, status: 400, reason: 'DELIVERY_INVALID', keySlot: null, eventId: null, body: Buffer.from('\u001b[31m\u202egnp') },
    ])
    const shown = await gatehouse('event', 'samples')
    expect(shown).toContain('{"id":"an-event"}')
    expect(shown).toContain('\\u001b[31m\\u202egnp')
    const refused = JSON.parse(await gatehouse('event', 'samples', '--refused', '--json'))
    expect(refused).toMatchObject([{ status: 400, reason: 'DELIVERY_INVALID' }])
  })
})

describe('gatehouse event dismiss', () => {
  it('F50, F11: plans to dismiss what one webhook key brought between two times, and prints the key of an event', async () => {
    const ids = Array.from({ length: 4 }, () => randomUUID())
    const park = async (eventIds: string[], keySlot: string): Promise<void> => {
      for (const id of eventIds) await operator.accept({ id, type: 'identity.approved' })
      await operator.pool.query(
        `UPDATE inbox_event SET state = 'parked', key_slot = $2, completed_at = now(), error_code = 'EVENT_UNKNOWN_TO_PAXOS' WHERE event_id = ANY ($1)`,
        [eventIds, keySlot],
      )
    }
    await park(ids.slice(0, 2), 'api-key:stolen')
    await park(ids.slice(3), 'api-key:good')
    const until = (await momentAfterNow(operator.pool)).toISOString()
    await operator.pool.query('SELECT pg_sleep(0.01)') // received_at has whole milliseconds
    await park(ids.slice(2, 3), 'api-key:stolen')
    expect(await gatehouse('event', 'show', ids[0]!)).toMatch(/^key +api-key:stolen$/m)
    const forged = ['--key', 'api-key:stolen', '--from', '2h', '--to', until, '--operator', 'ada', '--reason', 'stolen key']
    const plan = JSON.parse(await gatehouse('event', 'dismiss', ...forged, '--json'))
    expect(plan.items.map(({ eventId }: { eventId: string }) => eventId).toSorted()).toEqual(ids.slice(0, 2).toSorted())
    expect(plan).toMatchObject({ counts: { 'would-dismiss': 2 }, filter: { keySlots: ['api-key:stolen'] } })
    const { body } = await operator.call('GET', `/v1/events/${ids[3]}`)
    expect(API_SCHEMAS.EventStory.parse(body).keySlot).toBe('api-key:good')
    await operator.pool.query(`UPDATE inbox_event SET state = 'processed' WHERE event_id = ANY ($1)`, [ids])
  })
})
