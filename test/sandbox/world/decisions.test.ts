import { describe, expect, it } from 'vitest'
import { chooseDecision } from '../../../src/sandbox/world/decision.ts'
import { eventually } from '../eventually.ts'
import { person } from '../person.ts'
import { type Running, startSandbox } from '../start-sandbox.ts'

/** Type, old and new status of every event until now. */
function story({ sandbox }: Running): unknown[] {
  return sandbox.events.all.map(({ type, object }) => [type, object.old_summary_status, object.new_summary_status])
}

async function create({ call }: Running, changes: Parameters<typeof person>[0] = {}): Promise<string> {
  const { status, body } = await call('POST', '/identity/identities', person(changes))
  expect([status, body.status]).toEqual([200, 'PENDING'])
  return body.id
}

describe('the decision on a new identity', () => {
  it('is approval after the delay by default', async () => {
    const running = await startSandbox({ decisionDelayMs: 60 })
    const createdAtMs = performance.now()
    const id = await create(running)
    await eventually(() => running.sandbox.identities.get(id)?.status).toBe('APPROVED')
    expect(performance.now() - createdAtMs).toBeGreaterThanOrEqual(29) // the seed varies the delay by half in both directions
    expect(story(running)).toEqual([['identity.approved', 'PENDING', 'APPROVED']])
    const { body } = await running.call('GET', `/identity/identities/${id}?include_details=true`)
    expect(body.person_details).toMatchObject({ sanctions_verification_status: 'APPROVED', additional_screening_status: 'APPROVED' })
    expect(body.updated_at > body.created_at).toBe(true)
  })

  it.each([
    ['approve', 'APPROVED', [['identity.approved', 'PENDING', 'APPROVED']]],
    ['deny', 'DENIED', [['identity.denied', 'PENDING', 'DENIED']]],
    ['error', 'ERROR', []],
    [
      'approve-then-disable',
      'DISABLED',
      [
        ['identity.approved', 'PENDING', 'APPROVED'],
        ['identity.disabled', 'APPROVED', 'DISABLED'],
      ],
    ],
  ])('is %s when metadata.sandbox_decision says so', async (decision, status, events) => {
    const running = await startSandbox({ defaultDecision: decision === 'approve' ? 'deny' : 'approve' })
    const id = await create(running, { decision })
    await eventually(() => running.sandbox.identities.get(id)?.status).toBe(status)
    expect(story(running)).toEqual(events)
  })

  it("is denial when the client's own verifier denied, for any policy", async () => {
    const running = await startSandbox({ defaultDecision: 'approve' })
    const id = await create(running, { details: { passthrough_verification_status: 'DENIED' } })
    await eventually(() => running.sandbox.identities.get(id)?.status).toBe('DENIED')
  })

  it('is not made when the policy is `never`, until a control call makes it', async () => {
    const running = await startSandbox({ defaultDecision: 'never' })
    const id = await create(running)
    const other = await create(running, { decision: 'approve' })
    await eventually(() => running.sandbox.identities.get(other)?.status).toBe('APPROVED')
    expect(running.sandbox.identities.get(id)?.status).toBe('PENDING')
    const { body } = await running.control('POST', `/identities/${id}/decide`, { verdict: 'deny' })
    expect(body.status).toBe('DENIED')
  })

  it('is not made again by the timer once a control call made it', async () => {
    const running = await startSandbox({ decisionDelayMs: 40 })
    const id = await create(running)
    await running.control('POST', `/identities/${id}/decide`, { verdict: 'deny' })
    const later = await create(running)
    await eventually(() => running.sandbox.identities.get(later)?.status).toBe('APPROVED')
    expect(running.sandbox.identities.get(id)?.status).toBe('DENIED')
  })

  it('follows the policy of the control API, also by weights', async () => {
    const running = await startSandbox()
    await running.control('PATCH', '/settings', { defaultDecision: 'deny' })
    const denied = await create(running)
    await eventually(() => running.sandbox.identities.get(denied)?.status).toBe('DENIED')
    await running.control('PATCH', '/settings', { defaultDecision: { deny: 0, error: 3 } })
    const frozen = await create(running)
    await eventually(() => running.sandbox.identities.get(frozen)?.status).toBe('ERROR')
  })

  it('is drawn in proportion to its weight', () => {
    const drawn = Array.from({ length: 1000 }, (_, index) => chooseDecision({ approve: 7, deny: 2, documents: 1 }, index / 1000))
    const share = (decision: string): number => drawn.filter((one) => one === decision).length
    expect([share('approve'), share('deny'), share('documents')]).toEqual([700, 200, 100])
  })
})

describe('POST /_sandbox/identities/{id}/decide', () => {
  it('disables and re-enables an approved identity, each with its event', async () => {
    const running = await startSandbox()
    const id = await create(running)
    await eventually(() => running.sandbox.identities.get(id)?.status).toBe('APPROVED')
    await running.control('POST', `/identities/${id}/decide`, { verdict: 'disable' })
    await running.control('POST', `/identities/${id}/decide`, { verdict: 'enable' })
    await running.control('POST', `/identities/${id}/decide`, { verdict: 'error' })
    await running.control('POST', `/identities/${id}/decide`, { verdict: 'approve' })
    expect(story(running)).toEqual([
      ['identity.approved', 'PENDING', 'APPROVED'],
      ['identity.disabled', 'APPROVED', 'DISABLED'],
      ['identity.approved', 'DISABLED', 'APPROVED'],
      ['identity.approved', 'ERROR', 'APPROVED'],
    ])
  })
})

describe('one seed', () => {
  async function tell(seed: number, order: 'as-is' | 'reversed'): Promise<Record<string, unknown>> {
    const running = await startSandbox({ seed, defaultDecision: { approve: 1, deny: 1 } })
    const refIds = Array.from({ length: 12 }, (_, index) => `s-${index}`)
    for (const refId of order === 'as-is' ? refIds : refIds.toReversed()) await create(running, { refId })
    const { identities, events } = running.sandbox
    await eventually(() => identities.all.filter(({ status }) => status === 'PENDING').length).toBe(0)
    return Object.fromEntries(
      identities.all.map(({ id, refId, status }) => [refId, [id, status, events.all.find((event) => event.identityId === id)?.id]]),
    )
  }

  it('gives the same ids and decisions again, for any order of the calls', async () => {
    const story = await tell(11, 'as-is')
    expect(await tell(11, 'reversed')).toEqual(story)
    expect(await tell(12, 'as-is')).not.toEqual(story)
    expect(new Set(Object.values(story).map((facts) => (facts as string[])[1]))).toEqual(new Set(['APPROVED', 'DENIED']))
  })
})
