import { describe, expect, it } from 'vitest'
import { addFaults, type Institution, type InstitutionMember, removeFault } from '../../../src/domain/institution/institution-members.ts'

const member = (memberId: string, roles: string[], ownership: string | null = null): InstitutionMember => ({
  ...{ memberId, identityId: `identity-of-${memberId}`, roles, ownership },
})
const added = (identityId: string, roles: string[], ownership: string | null = null) => ({ identityId, roles, ownership })
const company = (...members: InstitutionMember[]): Institution => ({ institutionType: 'LLC', members })
const trust = (...members: InstitutionMember[]): Institution => ({ institutionType: 'TRUST', members })
const codes = (faults: readonly { code: string; field: string }[]) => faults.map(({ code, field }) => [code, field])

describe('adding a member of an institution', () => {
  it('is possible within the rules of its type', () => {
    expect(
      addFaults(company(member('m1', ['BENEFICIAL_OWNER'], '75')), [added('x', ['BENEFICIAL_OWNER', 'ACCOUNT_OPENER'], '25')]),
    ).toEqual([])
    expect(addFaults(trust(member('m1', ['TRUSTEE'])), [added('x', ['BENEFICIARY']), added('y', ['GRANTOR'])])).toEqual([])
    expect(addFaults({ institutionType: null, members: [] }, [added('x', ['GRANTOR'])])).toEqual([]) // Paxos decides
  })

  it('names every fault at once, by its place', () => {
    const institution = company(member('m1', ['BENEFICIAL_OWNER'], '60'))
    const faults = addFaults(institution, [added('x', ['GRANTOR'], '40.5'), added('identity-of-m1', ['TRUSTEE'])])
    expect(codes(faults)).toEqual([
      ['role-not-of-type', 'members.0.roles'],
      ['already-member', 'members.1.identityId'],
      ['owns-too-much', 'members'],
    ])
    expect(faults[2]?.message).toContain('100.5 %')
  })

  it('to a TRUST takes the roles of a trust alone', () => {
    for (const role of ['BENEFICIAL_OWNER', 'ACCOUNT_OPENER', 'AUTHORIZED_USER', 'MANAGEMENT_CONTROL_PERSON', 'SOLE_PROPRIETOR'])
      expect(codes(addFaults(trust(), [added('x', ['TRUSTEE', role])]))).toEqual([['role-not-of-type', 'members.0.roles']])
  })
})

describe('removing a member of an institution', () => {
  it.each<[string, Institution, string | null]>([
    ['the last member', company(member('m1', ['AUTHORIZED_USER'])), 'last-member'],
    ['the last owner of a company', company(member('m1', ['BENEFICIAL_OWNER']), member('m2', ['AUTHORIZED_USER'])), 'last-owner'],
    ['one of two owners', company(member('m1', ['BENEFICIAL_OWNER']), member('m2', ['BENEFICIAL_OWNER'])), null],
    ['a member without an owner role', company(member('m1', ['AUTHORIZED_USER']), member('m2', ['BENEFICIAL_OWNER'])), null],
    ['the owner role of a sole proprietorship', company(member('m1', ['SOLE_PROPRIETOR']), member('m2', ['ACCOUNT_OPENER'])), 'last-owner'],
    ['a trustee beside a beneficiary', trust(member('m1', ['TRUSTEE']), member('m2', ['BENEFICIARY'])), null],
    ['a member that the institution does not have', company(member('m2', ['BENEFICIAL_OWNER'])), null],
  ])('of %s', (_, institution, code) => {
    expect(removeFault(institution, 'm1')?.code ?? null).toBe(code)
  })
})
