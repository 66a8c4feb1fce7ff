import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { API_SCHEMAS } from '../../../src/api/api-schemas.ts'
import { registerProofCommand } from '../../../src/cli/proof-command.ts'
import { accountRefId } from '../../../src/domain/onboarding/account-effect.ts'
import type { Proof, ProofCheck } from '../../../src/operate/proof/prove.ts'
import { workOn } from '../fail-events.ts'
import { openPages, type Pages } from '../open-pages.ts'
import { runCommand } from '../run-command.ts'
import { seedOnboarding } from '../seed-onboarding.ts'
import { type Operator, startOperator } from '../start-operator.ts'

let operator: Operator
let pages: Pages
let identityId: string
beforeAll(async () => {
  operator = await startOperator()
  pages = await openPages(operator)
  const events = await operator.sandbox.populate({ count: 3, refIdPrefix: 'proven', decision: 'approve', deliver: false })
  for (const event of events) await operator.accept(event)
  await workOn(
    operator,
    events.map(({ id }) => id),
  )
  const { rows } = await operator.pool.query<{ identity_id: string }>('SELECT identity_id FROM onboarding ORDER BY identity_id LIMIT 1')
  identityId = rows[0]!.identity_id
})
afterAll(() => operator.close())
afterEach(() => {
  process.exitCode = 0
})

const prove = async (query = ''): Promise<Proof> => {
  const { body } = await operator.call('GET', `/v1/proof${query}`)
  return API_SCHEMAS.Proof.parse(body) as unknown as Proof
}
const check = (proof: Proof, name: ProofCheck['name']): ProofCheck => proof.checks.find((each) => each.name === name)!

describe('a proof', () => {
  it('holds for customers whose accounts the worker opened: the same here and at Paxos, on every face', async () => {
    const proof = await prove()
    expect(proof).toMatchObject({ exceptions: 0, complete: true })
    expect(check(proof, 'accounts')).toMatchObject({ checked: 3, exceptions: [] })
    expect(check(proof, 'accounts-at-paxos')).toMatchObject({ checked: 3, exceptions: [] })
    const printed = await runCommand(operator, registerProofCommand, ['proof'])
    expect(printed).toMatch(/^accounts-at-paxos +3 +0 /m)
    expect(printed).toMatch(/^0 exceptions at .* UTC\.$/m)
    expect(process.exitCode ?? 0).toBe(0)
    expect(await (await pages.get('/proof?here=false')).text()).toContain('<strong>0 exceptions</strong>')
  })

  it('asks nothing of Paxos where it is asked for what is here alone, and says that it is not everything', async () => {
    const proof = await prove('?here=true')
    expect(proof).toMatchObject({ exceptions: 0, complete: false })
    expect(proof.checks.map(({ name }) => name)).toEqual(['accounts', 'notifications', 'orders', 'others', 'ledger', 'audit'])
    expect(await (await pages.get('/proof')).text()).toContain('Compare with Paxos too')
  })

  it('says what it could not check while Paxos does not answer, and still checks the rest', async () => {
    const fault = operator.sandbox.faults.arm({ on: 'GET /identity/accounts', do: 'answer', status: 500 })
    const proof = await prove()
    operator.sandbox.faults.disarm(fault)
    expect(proof).toMatchObject({ exceptions: 0, complete: false })
    expect(check(proof, 'accounts-at-paxos').incomplete).toContain('Not checked: Paxos could not be read')
    expect(check(proof, 'accounts')).toMatchObject({ checked: 3 })
  })

  it('lists an account that Paxos has not, and one under our key that is not recorded', async () => {
    const { identityId: invented, accountId } = await seedOnboarding(operator.ledger, { statuses: ['APPROVED'] })
    const [unopened] = await operator.sandbox.populate({ count: 1, refIdPrefix: 'unrecorded', decision: 'approve', deliver: false })
    const theirs = await operator.paxos.events.get(unopened!.id)
    const elsewhere = await operator.paxos.accounts.create({
      identityId: theirs.identityId!,
      refId: accountRefId(theirs.identityId!),
      type: 'BROKERAGE',
    })
    const { exceptions } = check(await prove(), 'accounts-at-paxos')
    expect(exceptions).toContainEqual(expect.objectContaining({ subject: invented, problem: `account ${accountId} is not at Paxos` }))
    expect(exceptions).toContainEqual(
      expect.objectContaining({
        subject: theirs.identityId,
        problem: `account ${elsewhere.id} at Paxos has our key and is not recorded here`,
      }),
    )
  })

  it('lists a notification with two successful attempts, a receipt that came twice, and a broken chain; the command exits with 1', async () => {
    await operator.pool.query(
      `INSERT INTO effect_attempt (stream_id, step, attempt_no, at, duration_ms)
       VALUES ($1, 'notice:ready:1', 8, now(), 1), ($1, 'notice:ready:1', 9, now(), 1)`,
      [identityId],
    )
    await operator.pool.query(
      `BEGIN; SET LOCAL session_replication_role = replica;
       INSERT INTO ledger_entry (stream_id, entry_no, at, kind, actor, data, prev_hash, hash)
       SELECT stream_id, 99, at, kind, actor, data, prev_hash, hash FROM ledger_entry
       WHERE kind = 'effect.done' AND data->>'step' = 'account' AND stream_id = '${identityId}'; COMMIT`,
    )
    const proof = await prove('?here=true')
    expect(check(proof, 'notifications').exceptions).toMatchObject([
      { subject: identityId, problem: expect.stringContaining('times under one key') },
    ])
    expect(check(proof, 'accounts').exceptions).toMatchObject([{ subject: identityId, problem: expect.stringContaining('done 2 times') }])
    expect(check(proof, 'ledger').exceptions).toMatchObject([{ subject: identityId }])
    const printed = await runCommand(operator, registerProofCommand, ['proof', '--here'])
    expect(printed).toContain(identityId)
    expect(process.exitCode).toBe(1)
    expect(await (await pages.get('/proof')).text()).toContain('Exceptions</h2>')
  })
})
