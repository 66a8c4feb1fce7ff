import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fieldErrors, sayIssue } from '../../../src/operate/input/field-errors.ts'
import { IDENTITY_REQUEST_FIELDS, IdentityRequest } from '../../../src/operate/onboarding/identity-request.ts'
import { samplePerson } from '../../../src/sandbox/world/sample-person.ts'
import { institution as invented } from '../../sandbox/person.ts'

type Institution = Record<string, unknown> & {
  institution_details: Record<string, unknown> & { business_address: Record<string, unknown> }
  institution_members: Record<string, unknown>[]
}

function errorsOf(body: unknown): Record<string, string> {
  const parsed = IdentityRequest.safeParse(body, { error: sayIssue })
  const errors = parsed.success ? [] : fieldErrors(parsed.error, { known: IDENTITY_REQUEST_FIELDS, whole: 'body' })
  return Object.fromEntries(errors.map(({ field, message }) => [field, message]))
}

/** The faults of an invented trust after `change`, by field. */
function faults(change: (institution: Institution) => void): Record<string, string> {
  const institution = structuredClone(invented('7f0f5b7e-2d83-4e7c-9a52-2a6a0c6e5d10')) as Institution
  change(institution)
  return errorsOf(institution)
}

const COMPANY = 'is required for a CORPORATION, an LLC and a PARTNERSHIP'
/** Turns it into a company that needs nothing more. */
function asCompany(institution: Institution, more: Record<string, unknown> = {}): void {
  Object.assign(institution.institution_details, {
    ...{ institution_type: 'LLC', institution_sub_type: 'INFORMATION', business_description: 'Invents things' },
    ...{ regulation_status: 'NON_REGULATED', trading_type: 'PRIVATE' },
    ...more,
  })
  institution.customer_due_diligence = {
    ...{ source_of_wealth: 'BUSINESS_OWNERSHIP_DIVIDENDS', source_of_funds: 'BUSINESS_DIVIDENDS_PROFITS', industry_sector: 'INFORMATION' },
    ...{ has_underlying_trust_structure: false, has_nominee_shareholders: false },
  }
  institution.institution_members = [{ identity_id: 'a', roles: ['BENEFICIAL_OWNER', 'MANAGEMENT_CONTROL_PERSON'], ownership: '100' }]
}

describe('an institution', () => {
  it('is accepted as a trust and as a company, and a person still is', () => {
    expect(faults(() => {})).toEqual({})
    expect(faults((institution) => asCompany(institution))).toEqual({})
    expect(errorsOf(samplePerson())).toEqual({})
  })

  it('that is a company needs what Paxos requires of one, with all faults at once', () => {
    const told = faults((institution) => {
      institution.institution_details.institution_type = 'CORPORATION'
      institution.institution_details.institution_sub_type = 'INFORMATION'
      delete institution.institution_details.incorporation_address
      institution.institution_members = [{ identity_id: 'a', roles: ['BENEFICIAL_OWNER'] }]
    })
    const details = ['incorporation_address', 'regulation_status', 'trading_type', 'business_description']
    const diligence = [
      'source_of_wealth',
      'source_of_funds',
      'industry_sector',
      'has_underlying_trust_structure',
      'has_nominee_shareholders',
    ]
    expect(told).toEqual({
      ...Object.fromEntries(details.map((field) => [`institution_details.${field}`, COMPANY])),
      ...Object.fromEntries(diligence.map((field) => [`customer_due_diligence.${field}`, COMPANY])),
    })
  })

  it.each([
    ['US_REGULATED', 'PRIVATE', ['regulator_name', 'regulator_jurisdiction', 'regulator_register_number']],
    [
      'INTL_REGULATED',
      'PUBLIC',
      ['regulator_name', 'regulator_jurisdiction', 'regulator_register_number', 'listed_exchange', 'ticker_symbol'],
    ],
    ['NON_REGULATED', 'PUBLIC', ['listed_exchange', 'ticker_symbol']],
    ['NON_REGULATED', 'PUBLICLY_TRADED_SUBSIDIARY', ['listed_exchange', 'ticker_symbol', 'parent_institution_name', 'trading_type']],
    ['NON_REGULATED', 'PRIVATE', []],
  ])('that is %s and %s needs %s', (regulation_status, trading_type, fields) => {
    const told = faults((institution) => asCompany(institution, { regulation_status, trading_type }))
    expect(Object.keys(told).sort()).toEqual(fields.map((field) => `institution_details.${field}`).sort())
  })

  it('that is a trust has the sub-type INVESTMENT, and an incorporation unless it has the number of a person', () => {
    const told = faults(({ institution_details }) => {
      institution_details.institution_sub_type = 'CRYPTO'
      delete institution_details.incorporation_address
    })
    expect(Object.keys(told).sort()).toEqual(['institution_details.incorporation_address', 'institution_details.institution_sub_type'])
    const ofPerson = faults(({ institution_details }) => {
      institution_details.cip_id_type = 'SSN'
      delete institution_details.incorporation_address
    })
    expect(ofPerson).toEqual({})
  })

  it('that is a prohibited business is refused', () => {
    expect(faults((institution) => asCompany(institution, { institution_sub_type: 'WEAPONS' }))).toEqual({
      'institution_details.institution_sub_type': 'is a business that Paxos prohibits',
    })
  })

  it.each([
    ['2021-02-30T00:00:00Z', 'must be a time of a day that exists, such as 2021-04-14T00:00:00Z'],
    ['2021-04-14', 'must be a time of a day that exists, such as 2021-04-14T00:00:00Z'],
    ['2999-01-01T00:00:00Z', 'must not be in the future'],
  ])('cannot have been registered at %s', (govt_registration_date, message) => {
    expect(faults(({ institution_details }) => Object.assign(institution_details, { govt_registration_date }))).toEqual({
      'institution_details.govt_registration_date': message,
    })
  })

  it('gets the ASCII spelling of its name', () => {
    const body = structuredClone(invented('a')) as Institution
    body.institution_details.name = 'Müller & Söhne'
    const parsed = IdentityRequest.safeParse(body, { error: sayIssue })
    const errors = parsed.success ? [] : fieldErrors(parsed.error, { known: [], whole: 'body' })
    expect(errors).toMatchObject([{ field: 'institution_details.name', suggestion: 'Muller & Sohne' }])
  })

  it('has tax details unless Paxos derives them from its number, or it needs none', () => {
    const foreign = { cip_id_type: 'REGISTRATION_NUMBER', cip_id_country: 'DEU' }
    const without = (more: Record<string, unknown>) =>
      faults((institution) => {
        Object.assign(institution.institution_details, foreign)
        delete institution.tax_details
        Object.assign(institution, more)
      })
    expect(Object.keys(without({}))).toEqual(['tax_details'])
    expect(without({ tax_details_not_required: true })).toEqual({})
    expect(faults((institution) => Object.assign(institution, { tax_details_not_required: true }))).toEqual({
      tax_details_not_required: 'must not be true when cip_id_country is USA',
    })
  })

  it('reads empty optional texts as left out', () => {
    const told = faults(({ institution_details }) => {
      Object.assign(institution_details, { phone_number: '', email: '', doing_business_as: '' })
      Object.assign(institution_details.business_address, { address2: '', zip_code: '', country: 'DEU' })
    })
    expect(told).toEqual({})
    expect(faults((institution) => asCompany(institution, { business_description: '' }))).toEqual({
      'institution_details.business_description': COMPANY,
    })
  })

  it('is refused beside a person, and a misspelt field is named', () => {
    const both = { ...samplePerson(), ...invented('a') }
    expect(errorsOf(both).person_details).toContain('is not a known field')
    expect(Object.keys(faults((institution) => Object.assign(institution, { institution_member: [] })))).toEqual(['institution_member'])
  })

  it('is checked without a throw, for any input', () => {
    const part = fc.anything()
    fc.assert(
      fc.property(part, part, part, (institution_details, institution_members, customer_due_diligence) => {
        expect(() => errorsOf({ institution_details, institution_members, customer_due_diligence })).not.toThrow()
      }),
      { numRuns: 500 },
    )
  })
})

describe('the members of an institution', () => {
  const members = (institution_members: unknown) => faults((institution) => Object.assign(institution, { institution_members }))

  it.each([
    ['none', [], 'must name at least one member'],
    [
      'one twice',
      [
        { identity_id: 'a', roles: ['TRUSTEE'] },
        { identity_id: 'a', roles: ['GRANTOR'] },
      ],
      'must not name an identity twice',
    ],
    [
      'more than the whole',
      [
        { identity_id: 'a', roles: ['TRUSTEE'], ownership: '60.5' },
        { identity_id: 'b', roles: ['TRUSTEE'], ownership: '40' },
      ],
      'must not own more than 100 % together',
    ],
    [
      'the role of a company in a trust',
      [{ identity_id: 'a', roles: ['BENEFICIAL_OWNER'] }],
      'of a TRUST may have the roles GRANTOR, TRUSTEE, BENEFICIARY only',
    ],
  ])('are refused: %s', (_what, given, message) => {
    expect(members(given)).toEqual({ institution_members: message })
  })

  it('of a company have no GRANTOR among them', () => {
    const told = faults((institution) => {
      asCompany(institution)
      institution.institution_members = [{ identity_id: 'a', roles: ['GRANTOR'] }]
    })
    expect(told).toEqual({ institution_members: 'may have the role GRANTOR in a TRUST only' })
  })

  it('have an id, a known role and a share of at most 100', () => {
    expect(Object.keys(members([{ identity_id: '', roles: ['KING'], ownership: '101' }])).sort()).toEqual([
      'institution_members',
      'institution_members.0.identity_id',
      'institution_members.0.ownership',
      'institution_members.0.roles.0',
    ])
  })
})
