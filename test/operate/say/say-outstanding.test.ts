import { describe, expect, it } from 'vitest'
import { ONBOARDING_STATES } from '../../../src/domain/onboarding/onboarding.ts'
import type { Requirement } from '../../../src/domain/onboarding/status-details.ts'
import { customerMessage } from '../../../src/operate/onboarding/customer-message.ts'
import { sayOutstanding } from '../../../src/operate/say/say-outstanding.ts'

/** Every type with the codes that Paxos documents (paxos/api.md 4.7). */
const DOCUMENTED: Readonly<Record<string, readonly string[]>> = {
  ID_VERIFICATION: ['IDENTITY_VERIFICATION_REQUIRED', 'IDENTITY_VERIFICATION_FAILED'],
  DOCUMENT_VERIFICATION: ['DOCUMENT_UPLOAD_REQUIRED', 'DOCUMENT_VERIFICATION_FAILED'],
  SCREENING_CHECK: ['SCREENING_IN_PROGRESS', 'SCREENING_FAILED'],
  COMPLIANCE_CHECK: ['COMPLIANCE_REVIEW_REQUIRED', 'COMPLIANCE_REVIEW_FAILED'],
  ENHANCED_DUE_DILIGENCE: ['EDD_DOCUMENTATION_REQUIRED'],
  MEMBERS: ['MEMBER_VERIFICATION_PENDING', 'MEMBER_VERIFICATION_FAILED'],
  KYC_REFRESH: ['KYC_REFRESH_REQUIRED', 'KYC_REFRESH_OVERDUE'],
  TAX_DETAILS_VERIFICATION: ['TIN_NOT_FOUND'],
}
const ALL = Object.entries(DOCUMENTED).flatMap(([type, codes]) => codes.map((code) => [type, code] as const))
const CODE = /[A-Z]{2,}_[A-Z]{2,}/

function requirement(type: string, code: string, awaiting: string | null): Requirement {
  return { type, status: code.endsWith('FAILED') ? 'FAILED' : 'PENDING', codes: [code], awaiting }
}

describe('A37: each status detail', () => {
  it.each(ALL)('A37: %s with %s has its own sentence for the operator, which says who must act', (type, code) => {
    const [ours, theirs] = sayOutstanding({
      requirements: [requirement(type, code, 'CLIENT'), requirement(type, code, 'PAXOS')],
      controls: [],
    })
    expect(ours).toMatch(new RegExp(`^[A-Z][^.]+\\. Your side must act: [^.]+\\. \\(${type} (PENDING|FAILED) ${code}\\)$`))
    expect(theirs).toContain('Paxos must act; it wants nothing from you.')
    expect(ours).not.toContain('does not know')
  })

  it('A37: has a sentence that no other code has', () => {
    const said = ALL.map(([type, code]) => sayOutstanding({ requirements: [requirement(type, code, null)], controls: [] })[0])
    expect(new Set(said.map((sentence) => sentence?.split(' (')[0])).size).toBe(ALL.length)
  })

  it.each(ALL)('A37: %s with %s has a neutral sentence for the customer without its code', (type, code) => {
    for (const state of ONBOARDING_STATES)
      for (const awaiting of ['CLIENT', 'PAXOS', null]) {
        const statusDetails = { requirements: [requirement(type, code, awaiting)], controls: [] }
        const message = customerMessage({ state, statusDetails })
        if (state === 'erased') expect(message).toBeNull()
        else if (state !== 'ready') expect(message).toMatch(/^[A-Z].+\.$/)
        expect(message ?? '').not.toMatch(CODE)
        expect(message ?? '').not.toMatch(/paxos|sanction|screening|compliance|frozen|denied/i)
      }
  })

  it('A36: has a sentence with its codes when it is unknown', () => {
    const said = sayOutstanding({
      requirements: [{ type: 'MOON_PHASE', status: 'PENDING', codes: ['FULL_MOON'], awaiting: 'MOON' }],
      controls: [{ id: null, type: 'HALF', setBy: 'PAXOS', reasonCode: 'OTHER' }],
    })
    expect(said).toEqual([
      'Paxos names a requirement that Gatehouse does not know. Paxos awaits MOON. (MOON_PHASE PENDING FULL_MOON)',
      'Paxos set a control that Gatehouse does not know, so the customer may neither buy nor sell. Only Paxos can lift it. (HALF OTHER)',
    ])
    expect(customerMessage({ state: 'pending', statusDetails: null })).toBe(
      'We are reviewing your details. You do not need to do anything.',
    )
  })

  it.each([
    ['SELL_ONLY', 'CLIENT', /^Sell-only: the customer may sell and not buy\. Your side set it and can delete it\./],
    ['DORMANT', 'CLIENT', /^Dormant: /],
    ['CLOSED', 'PAXOS', /^Closed: .*Only Paxos can lift it\./],
    ['FROZEN', 'PAXOS', /^Frozen: the customer may neither buy nor sell\./],
  ])('A37: the control %s says what it allows and who can lift it', (type, setBy, expected) => {
    const [said] = sayOutstanding({ requirements: [], controls: [{ id: 'c', type, setBy, reasonCode: 'INACTIVITY' }] })
    expect(said).toMatch(expected)
  })
})
