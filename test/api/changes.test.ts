import { randomUUID } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerOnboardingCommands } from '../../src/cli/onboarding-commands.ts'
import { isApplied } from '../../src/domain/identity-change/is-applied.ts'
import { verifyLedger } from '../../src/ledger/verify-ledger.ts'
import { runCommand } from '../operate/run-command.ts'
import { bearer, type Operator, startOperator } from '../operate/start-operator.ts'
import { eventually, reaches } from '../saga/world.ts'
import { institution, person } from '../sandbox/person.ts'

let api: Operator
beforeAll(async () => {
  api = await startOperator({ concurrency: 4 })
})
afterAll(() => api.close())

/** A person whom Paxos has approved, with the onboarding; it is `approved`, because no application takes its notifications here. */
async function customer(body: Record<string, unknown> = person()): Promise<string> {
  const { id } = await api.paxos.identities.create({ ...body, ref_id: randomUUID() })
  const identity = api.sandbox.identities.get(id)
  if (!identity) throw new Error('the simulator made no identity')
  api.sandbox.engine.decide(identity, 'approve')
  await api.accept(api.sandbox.events.all.findLast((each) => each.identityId === id && each.type === 'identity.approved')!)
  await reaches(api, id, 'approved')
  return id
}

const send = (method: 'PATCH' | 'POST' | 'DELETE', path: string, body?: unknown, key: string | null = randomUUID()) =>
  api.call(method, `/v1/onboardings/${path}`, {
    ...(body === undefined ? {} : { body }),
    headers: { ...bearer(), ...(key === null ? {} : { 'idempotency-key': key }), 'x-operator': 'ada' },
  })
const atPaxos = (id: string) => api.paxos.identities.getWithDetails(id)
const updates = (id: string): number =>
  api.sandbox.story
    .read({ after: 0, limit: 1_000_000, kind: 'call', identityId: id })
    .filter((line) => line.kind === 'call' && line.operation === 'PUT /identity/identities/{id}').length
const fieldsIn = (body: { errors?: { field: string }[] }): string[] => (body.errors ?? []).map(({ field }) => field).sort()

describe('a correction', () => {
  it('sends only the delta, once per key, and names what Paxos may check again', async () => {
    const id = await customer()
    const delta = { person_details: { last_name: 'Moreno-Lee' }, metadata: { tier: 'gold' } }
    const first = await send('PATCH', id, delta, 'marriage')
    expect(first).toMatchObject({
      status: 201,
      body: {
        kind: 'correction',
        state: 'done',
        fields: ['metadata', 'person_details.last_name'],
        rescreening: ['person_details.last_name'],
      },
    })
    expect(await send('PATCH', id, delta, 'marriage')).toMatchObject({ status: 200, body: { id: first.body.id, state: 'done' } })
    expect((await atPaxos(id)).person_details).toMatchObject({ first_name: 'Ada', last_name: 'Moreno-Lee' })
    expect(updates(id)).toBe(1)
    expect((await api.call('GET', `/v1/changes/${first.body.id}`)).body).toEqual({ ...first.body, updatedAt: expect.any(String) })
    expect((await api.call('GET', `/v1/onboardings/${id}/changes`)).body.items).toHaveLength(1)
  })

  it('A7: refuses the same key with a different value or customer, and names the field', async () => {
    const [one, other] = [await customer(), await customer()]
    await send('PATCH', one, { person_details: { last_name: 'Lee', middle_name: 'B' } }, 'reused')
    const changed = [
      await send('PATCH', one, { person_details: { last_name: 'Li', middle_name: 'B' } }, 'reused'),
      await send('PATCH', one, { person_details: { last_name: 'Lee' } }, 'reused'),
      await send('PATCH', other, { person_details: { last_name: 'Lee', middle_name: 'B' } }, 'reused'),
    ]
    expect(changed.map(({ status, body }) => [status, body.code, fieldsIn(body)])).toEqual([
      [422, 'IDEMPOTENCY_KEY_REUSED', ['person_details.last_name']],
      [422, 'IDEMPOTENCY_KEY_REUSED', ['person_details.middle_name']],
      [422, 'IDEMPOTENCY_KEY_REUSED', ['id']],
    ])
    expect([updates(one), updates(other)]).toEqual([1, 0])
  })

  it('names every wrong field at once, also one that is wrong only beside what Paxos has, and sends nothing', async () => {
    const id = await customer()
    const refused = await send('PATCH', id, {
      person_details: { last_name: 'Müller', date_of_birth: '1988-02-30', cip_id: '12345', cip_id_type: 'PASSPORT', shoe_size: '44' },
      institution_details: { name: 'Firm' },
      customer_due_diligence: { source_of_wealth: 'LOTTERY' },
      set_tax_details_not_required: true,
      ref_id: 'other',
    })
    expect({ ...refused.body, fields: fieldsIn(refused.body) }).toMatchObject({ status: 400, code: 'CHANGE_INVALID' })
    expect(fieldsIn(refused.body)).toEqual([
      'customer_due_diligence.source_of_wealth',
      'institution_details',
      'person_details.cip_id_type', // a US resident must use SSN or ITIN: Paxos has the address
      'person_details.date_of_birth',
      'person_details.last_name',
      'person_details.shoe_size',
      'ref_id',
      'set_tax_details_not_required', // not with cip_id_country USA, which Paxos has
    ])
    expect(refused.body.errors.find(({ field }: { field: string }) => field === 'person_details.last_name').suggestion).toBe('Muller')
    expect(refused.body.detail).not.toContain('12345')
    expect(await send('PATCH', id, {})).toMatchObject({ status: 400, body: { code: 'CHANGE_INVALID' } })
    expect(updates(id)).toBe(0)
  })

  it('is not blocked by an old fault of the identity that it does not touch', async () => {
    const id = await customer()
    const identity = api.sandbox.identities.get(id)!
    identity.details = { ...identity.details, cip_id: 'odd' }
    expect(await send('PATCH', id, { person_details: { email: 'new@example.com' } })).toMatchObject({
      status: 201,
      body: { state: 'done' },
    })
    expect(fieldsIn((await send('PATCH', id, { person_details: { cip_id: 'odd2' } })).body)).toEqual(['person_details.cip_id'])
  })

  it('is previewed without a change: what is new, and what Paxos may check again', async () => {
    const id = await customer()
    const asked = { person_details: { first_name: 'Ada', last_name: 'Lee' }, is_merchant: false }
    expect(await send('POST', `${id}/changes/preview`, asked, null)).toMatchObject({
      status: 200,
      body: { unchanged: ['is_merchant', 'person_details.first_name'], rescreening: ['person_details.last_name'] },
    })
    expect((await send('POST', `${id}/changes/preview`, { person_details: { last_name: 'Ł' } }, null)).body.code).toBe('CHANGE_INVALID')
    expect(updates(id)).toBe(0)
  })

  it('corrects an institution, by the rules of its type', async () => {
    const id = await customer(institution(await customer()))
    expect(await send('PATCH', id, { institution_details: { name: 'Renamed Trust' } })).toMatchObject({
      status: 201,
      body: { state: 'done' },
    })
    const refused = await send('PATCH', id, { institution_details: { institution_type: 'LLC' }, person_details: { first_name: 'A' } })
    expect(fieldsIn(refused.body)).toContain('institution_details.regulation_status')
    expect(fieldsIn(refused.body)).toContain('person_details')
  })

  it('is rejected with a reason when Paxos knows another person with this number', async () => {
    const [one, other] = [await customer(), await customer()]
    const { cip_id } = (await atPaxos(other)).person_details ?? {}
    const answer = await send('PATCH', one, { person_details: { cip_id } })
    expect(answer.body).toMatchObject({ state: 'rejected', reason: expect.stringMatching(/duplicate-person|rejected-by-paxos/) })
  })

  it('leaves no value anywhere once it has ended, also when it was rejected', async () => {
    const id = await customer()
    await send('PATCH', id, { person_details: { last_name: 'Geheimrat' } })
    await eventually(
      () => api.pool.query<{ count: string }>("SELECT count(*) FROM sealed_payload WHERE starts_with(id, 'change-')"),
      ({ rows }) => rows[0]?.count === '0',
    )
    const { rows: tables } = await api.pool.query<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    )
    for (const { name } of tables) {
      const { rows } = await api.pool.query(`SELECT 1 FROM ${name} AS t WHERE t::text ~ 'Geheimrat'`)
      expect({ name, found: rows.length }).toEqual({ name, found: 0 })
    }
    expect(await verifyLedger(api.pool)).toMatchObject({ faults: [] })
  })

  it('A4: after a lost answer it is read back, and sent again only if Paxos lacks it', async () => {
    const id = await customer()
    const ends = (changeId: string) =>
      eventually(
        () => api.call('GET', `/v1/changes/${changeId}`),
        ({ body }) => body.state === 'done',
      )
    api.sandbox.faults.arm({ on: 'PUT /identity/identities/{id}', do: 'act-then-drop', next: 1 })
    await ends((await send('PATCH', id, { person_details: { last_name: 'Acted' } })).body.id)
    expect(updates(id)).toBe(1)
    api.sandbox.faults.arm({ on: 'PUT /identity/identities/{id}', do: 'drop', next: 1 })
    await ends((await send('PATCH', id, { person_details: { last_name: 'Dropped' } })).body.id)
    expect((await atPaxos(id)).person_details).toMatchObject({ last_name: 'Dropped' })
    expect(updates(id)).toBe(2) // the simulator does not log the dropped call
  })
})

describe('a KYC refresh', () => {
  it('A38: empty changes complete it, and a repeated request sends nothing', async () => {
    const id = await customer()
    api.sandbox.kycRefreshes.start(api.sandbox.identities.get(id)!, { days: 30, force: true })
    expect(await send('POST', `${id}/kyc-refresh`, { changes: {} }, 'refresh-1')).toMatchObject({
      status: 201,
      body: { kind: 'kyc-refresh', state: 'done', fields: [], rescreening: [] },
    })
    expect(api.sandbox.identities.get(id)).toMatchObject({ kycRefresh: null, lastKycRefreshDate: expect.any(String) })
    expect(await send('POST', `${id}/kyc-refresh`, { changes: {} }, 'refresh-1')).toMatchObject({ status: 200 })
    expect(updates(id)).toBe(1)
    const { body } = await send('POST', `${id}/kyc-refresh`, { changes: { person_details: { email: 'a@example.com' } } }, 'refresh-1')
    expect([body.code, fieldsIn(body)]).toEqual(['IDEMPOTENCY_KEY_REUSED', ['changes.person_details.email']])
  })

  it('takes changes with it, and checks them', async () => {
    const id = await customer()
    expect((await send('POST', `${id}/kyc-refresh`, { changes: { person_details: { last_name: '' } } })).body.code).toBe('CHANGE_INVALID')
    expect((await send('POST', `${id}/kyc-refresh`, {})).body).toMatchObject({ code: 'REQUEST_INVALID' })
    await send('POST', `${id}/kyc-refresh`, { changes: { person_details: { last_name: 'Lee' } } })
    expect((await atPaxos(id)).person_details).toMatchObject({ last_name: 'Lee' })
    expect(api.sandbox.identities.get(id)?.lastKycRefreshDate).not.toBeNull()
  })
})

describe('a control', () => {
  const controls = async (id: string) => (await api.call('GET', `/v1/onboardings/${id}/controls`)).body.items

  it('is set, recorded, listed and deleted', async () => {
    const id = await customer()
    const asked = { type: 'SELL_ONLY', reasonCode: 'END_USER_REQUEST', reason: 'ticket 4711' }
    const set = await send('POST', `${id}/controls`, asked, 'sell-only')
    expect(set).toMatchObject({ status: 201, body: { state: 'done', control: 'SELL_ONLY', reasonCode: 'END_USER_REQUEST' } })
    expect(await controls(id)).toMatchObject([{ id: set.body.controlId, type: 'SELL_ONLY', setBy: 'CLIENT' }])
    await eventually(
      () => api.call('GET', `/v1/onboardings/${id}`),
      ({ body }) => body.statusDetails?.controls.length === 1,
    )
    expect(await send('POST', `${id}/controls`, asked, 'sell-only')).toMatchObject({ status: 200, body: { id: set.body.id } })
    expect((await send('POST', `${id}/controls`, asked)).body.code).toBe('CONTROL_ACTIVE')
    const lift = `${id}/controls?controlId=${set.body.controlId}&reason=done`
    expect(await send('DELETE', lift, undefined, null)).toMatchObject({ status: 201, body: { kind: 'lift-control', state: 'done' } })
    expect(await send('DELETE', lift, undefined, null)).toMatchObject({ status: 200 })
    expect(await controls(id)).toEqual([])
    const { rows } = await api.pool.query(
      "SELECT action, reason FROM audit_entry WHERE action LIKE 'control.%' AND target = $1 ORDER BY entry_no",
      [id],
    )
    expect(rows.map(({ action, reason }) => [action, reason])).toEqual([
      ['control.add', 'ticket 4711'],
      ['control.add', 'ticket 4711'],
      ['control.add.failed', 'ticket 4711'],
      ['control.remove', 'done'],
      ['control.remove', 'done'],
    ])
  })

  it('refuses what Paxos does not let a client do, before any call that acts', async () => {
    const id = await customer()
    const frozen = await send('POST', `${id}/controls`, { type: 'FROZEN', reasonCode: 'HUNCH', reason: 'ada@example.com' })
    expect([frozen.status, fieldsIn(frozen.body)]).toEqual([400, ['reason', 'reasonCode', 'type']])
    expect(frozen.body.detail).toContain('FROZEN is set by Paxos alone')
    api.sandbox.engine.decide(api.sandbox.identities.get(id)!, 'error')
    const [ofPaxos] = await controls(id)
    expect(await send('DELETE', `${id}/controls?controlId=${ofPaxos.id}`)).toMatchObject({
      status: 409,
      body: { code: 'CONTROL_OF_PAXOS' },
    })
    expect(await send('DELETE', `${id}/controls?controlId=unknown`)).toMatchObject({ status: 404, body: { code: 'CONTROL_UNKNOWN' } })
    expect(fieldsIn((await send('DELETE', `${id}/controls`)).body)).toEqual(['controlId'])
  })

  it('answers 404 for an unknown customer', async () => {
    const id = randomUUID()
    const answers = [
      await send('PATCH', id, { is_merchant: true }),
      await send('POST', `${id}/kyc-refresh`, { changes: {} }),
      await send('POST', `${id}/controls`, { type: 'DORMANT', reasonCode: 'INACTIVITY' }),
      await send('DELETE', `${id}/controls?controlId=x`),
      await api.call('GET', `/v1/onboardings/${id}/controls`),
    ]
    expect(answers.map(({ body }) => body.code)).toEqual(answers.map(() => 'ONBOARDING_UNKNOWN'))
    expect((await api.call('GET', '/v1/changes/change-1')).body.code).toBe('CHANGE_UNKNOWN')
  })
})

describe('the commands of a change', () => {
  const run = (...args: string[]) => runCommand(api, registerOnboardingCommands, ['onboarding', ...args])
  const file = async (value: unknown): Promise<string> => {
    const path = join(await mkdtemp(join(tmpdir(), 'change-')), 'change.json')
    await writeFile(path, JSON.stringify(value))
    return path
  }

  it('add, list and remove a control under the name of the operator, who is in the audit', async () => {
    const id = await customer()
    const why = ['--reason', 'ticket 4711', '--operator', 'grace']
    const added = await run('control', 'add', id, '--type', 'DORMANT', '--reason-code', 'INACTIVITY', ...why)
    const controlId = /Control at Paxos: (\S+)/.exec(added)?.[1] ?? ''
    expect(added).toContain('set-control')
    expect(await run('control', 'list', id)).toMatch(new RegExp(`DORMANT +CLIENT +INACTIVITY.*${controlId}`))
    expect(await run('control', 'remove', id, controlId, ...why)).toContain('is done')
    expect(await run('control', 'list', id)).toContain('No active control.')
    expect(await run('changes', id)).toMatch(/lift-control +done[\s\S]*set-control +done/)
    const { rows } = await api.pool.query(
      "SELECT action, operator FROM audit_entry WHERE action LIKE 'control.%' AND target = $1 ORDER BY entry_no",
      [id],
    )
    expect(rows).toEqual([
      { action: 'control.add', operator: 'grace' },
      { action: 'control.remove', operator: 'grace' },
    ])
  })

  it('correct and refresh from a file, and say with --dry-run what Paxos may check again', async () => {
    const id = await customer()
    const path = await file({ person_details: { last_name: 'Hopper' } })
    const dry = await run('correct', id, path, '--dry-run')
    expect(dry).toContain('Paxos may verify or screen the customer again because of person_details.last_name')
    expect(updates(id)).toBe(0)
    expect(await run('correct', id, path)).toContain('is done')
    expect(await run('refresh', id)).toContain('kyc-refresh')
    expect((await atPaxos(id)).person_details).toMatchObject({ last_name: 'Hopper' })
    await expect(run('correct', id, await file([1]))).rejects.toThrow('must be a JSON object')
    await expect(run('control', 'add', id, '--type', 'DORMANT', '--reason-code', 'OTHER', '--reason', 'ada@example.com')).rejects.toThrow(
      'must name no person',
    )
  })
})

describe('whether an identity shows a delta', () => {
  const shown = {
    person_details: { last_name: 'Lee', date_of_birth: '1988-04-12T00:00:00Z', address: { city: 'Albany' } },
    tax_details_not_required: true,
    last_kyc_refresh_date: '2026-03-02T00:00:00.000Z',
  }
  it.each([
    [{ person_details: { last_name: 'Lee', date_of_birth: '1988-04-12', address: { city: 'Albany', address2: '' } } }, true],
    [{ person_details: { last_name: 'Li' } }, false],
    [{ person_details: { middle_name: '' }, set_tax_details_not_required: true }, true],
    [{ last_kyc_refresh_date: '2026-03-01T00:00:00Z' }, true],
    [{ last_kyc_refresh_date: '2026-03-03T00:00:00Z' }, false],
    [{ tax_details: [] }, false],
  ])('%j: %s', (delta, applied) => {
    expect(isApplied(delta, shown)).toBe(applied)
  })
})
