import { describe, expect, it } from 'vitest'
import { createWorld } from '../saga/world.ts'
import { hasDocument, violationsOf } from '../sandbox/paxos-document.ts'
import { institution } from '../sandbox/person.ts'
import { startRecordingProxy } from '../support/recording-proxy.ts'

describe.skipIf(!hasDocument)("the calls for an institution's members beside Paxos's OpenAPI document", () => {
  it('have 0 violations in requests and answers, refusals included', async () => {
    const world = await createWorld({ kind: 'postgres' })
    const proxy = await startRecordingProxy(world.sandbox.url)
    const { paxos } = await world.start({ paxos: proxy, concurrency: 0 })
    const [one, two, three] = await world.sandbox.populate({ count: 3, refIdPrefix: 'm-', decision: 'approve', deliver: false })
    const { id } = await paxos.identities.create(institution(one?.identityId ?? '') as { ref_id: string })
    await paxos.institutionMembers.add(id, [
      { identityId: two?.identityId ?? '', roles: ['BENEFICIARY'], ownership: null },
      { identityId: three?.identityId ?? '', roles: ['GRANTOR', 'TRUSTEE'], ownership: '12.5' },
    ])
    const { members, institutionType, type } = await paxos.institutionMembers.read(id)
    expect([type, institutionType, members.map(({ roles, ownership }) => [roles, ownership])]).toEqual([
      'INSTITUTION',
      'TRUST',
      [
        [['TRUSTEE'], null],
        [['BENEFICIARY'], null],
        [['GRANTOR', 'TRUSTEE'], '12.5'],
      ],
    ])
    await paxos.institutionMembers.remove(members[1]?.memberId ?? '')
    await expect(paxos.institutionMembers.remove(members[1]?.memberId ?? '')).rejects.toMatchObject({
      operation: 'institution-members.remove',
    })
    await expect(paxos.institutionMembers.add(id, [{ identityId: 'x', roles: ['KING'], ownership: null }])).rejects.toMatchObject({
      status: 400,
    })
    const seen = proxy.calls.filter(({ path }) => path.includes('members'))
    expect(seen.map(({ method, status }) => [method, status])).toEqual([
      ...[
        ['POST', 200],
        ['GET', 200],
        ['DELETE', 200],
        ['DELETE', 404],
        ['POST', 400],
      ],
    ])
    // The last request is wrong on purpose.
    expect(proxy.calls.slice(0, -1).flatMap((made) => violationsOf(made))).toEqual([])
  })
})
