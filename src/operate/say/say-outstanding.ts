import type { ActiveControl, Requirement, StatusDetails } from '../../domain/onboarding/status-details.ts'

/** The meaning of Paxos's codes, and what the client must do when Paxos awaits the client (paxos/api.md 4.7). */
const CODES: Readonly<Record<string, { means: string; wanted: string }>> = {
  IDENTITY_VERIFICATION_REQUIRED: { means: 'The identity is not verified yet', wanted: 'send a verification of the person' },
  IDENTITY_VERIFICATION_FAILED: {
    means: 'The verification of the identity failed',
    wanted: 'correct the details, or verify the person again',
  },
  DOCUMENT_UPLOAD_REQUIRED: { means: 'Documents of the institution are missing', wanted: 'upload them' },
  DOCUMENT_VERIFICATION_FAILED: { means: 'The documents were not accepted', wanted: 'upload better ones' },
  SCREENING_IN_PROGRESS: { means: 'The screening against sanctions and adverse media is running', wanted: 'wait' },
  SCREENING_FAILED: { means: 'The screening against sanctions and adverse media had a hit', wanted: 'ask Paxos' },
  KYC_REFRESH_REQUIRED: { means: 'A KYC refresh has started', wanted: 'have the customer confirm or correct their details' },
  KYC_REFRESH_OVERDUE: { means: 'The KYC refresh is overdue', wanted: 'have the customer confirm or correct their details' },
  MEMBER_VERIFICATION_PENDING: { means: 'A member of the institution is not approved yet', wanted: 'check what that member waits for' },
  MEMBER_VERIFICATION_FAILED: { means: 'A member of the institution was denied', wanted: 'replace that member' },
  EDD_DOCUMENTATION_REQUIRED: { means: 'Enhanced due diligence needs documents', wanted: 'upload them' },
  COMPLIANCE_REVIEW_REQUIRED: { means: 'A compliance review is open', wanted: 'answer what Paxos asks' },
  COMPLIANCE_REVIEW_FAILED: { means: 'The compliance review ended with a refusal', wanted: 'ask Paxos' },
  TIN_NOT_FOUND: { means: 'The tax number was not found', wanted: 'correct tax_details' },
}

/** The meaning of a kind of requirement without a known code of Paxos. */
const TYPES: Readonly<Record<string, string>> = {
  ID_VERIFICATION: 'The verification of the identity is outstanding',
  DOCUMENT_VERIFICATION: 'The verification of documents is outstanding',
  SCREENING_CHECK: 'The screening is outstanding',
  COMPLIANCE_CHECK: 'A compliance check is outstanding',
  ENHANCED_DUE_DILIGENCE: 'Enhanced due diligence is outstanding',
  MEMBERS: 'The members of the institution are not all approved',
  KYC_REFRESH: 'A KYC refresh is outstanding',
  TAX_DETAILS_VERIFICATION: 'The verification of the tax number is outstanding',
}

const CONTROLS: Readonly<Record<string, string>> = {
  SELL_ONLY: 'Sell-only: the customer may sell and not buy',
  DORMANT: 'Dormant: the customer may sell and not buy',
  CLOSED: 'Closed: the customer may sell what is left and not buy',
  FROZEN: 'Frozen: the customer may neither buy nor sell',
}

/** Who must act, as a sentence; null when Paxos does not say. */
const TURNS: Readonly<Record<string, (wanted: string) => string>> = {
  CLIENT: (wanted) => `Your side must act: ${wanted}.`,
  PAXOS: () => 'Paxos must act; it wants nothing from you.',
}

/**
 * Every requirement and control in words for the operator: what it is, who must act, what to do. The codes follow each, for Paxos's
 * support.
 */
export function sayOutstanding(details: StatusDetails | null): string[] {
  return [...(details?.requirements.map(sayRequirement) ?? []), ...(details?.controls.map(sayControl) ?? [])]
}

function sayRequirement({ type, status, codes, awaiting }: Requirement): string {
  const known = codes.flatMap((code) => CODES[code] ?? [])
  const means = known.map((code) => code.means).join('; ') || TYPES[type] || 'Paxos names a requirement that Gatehouse does not know'
  const wanted = known.map((code) => code.wanted).join(', ') || 'ask Paxos what it requires'
  const turn = awaiting === null ? '' : ` ${TURNS[awaiting]?.(wanted) ?? `Paxos awaits ${awaiting}.`}`
  return `${means}.${turn} (${[type, status, ...codes].join(' ')})`
}

function sayControl({ type, setBy, reasonCode }: ActiveControl): string {
  const means = CONTROLS[type] ?? 'Paxos set a control that Gatehouse does not know, so the customer may neither buy nor sell'
  const by = setBy === 'CLIENT' ? 'Your side set it and can delete it.' : 'Only Paxos can lift it.'
  return `${means}. ${by} (${[type, ...(reasonCode === null ? [] : [reasonCode])].join(' ')})`
}
