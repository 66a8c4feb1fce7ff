import type { Onboarding } from '../../domain/onboarding/onboarding.ts'
import type { StatusDetails } from '../../domain/onboarding/status-details.ts'

const REVIEW = 'We are reviewing your details. You do not need to do anything.'
const DOCUMENTS = 'We need some documents from you before we can continue.'

/** What Paxos awaits from the customer, in neutral words, by the type of the requirement. */
const ASKED: Readonly<Record<string, string>> = {
  ID_VERIFICATION: 'We need to verify your identity before we can continue.',
  DOCUMENT_VERIFICATION: DOCUMENTS,
  ENHANCED_DUE_DILIGENCE: DOCUMENTS,
  TAX_DETAILS_VERIFICATION: 'Please check your tax number.',
  KYC_REFRESH: 'Please confirm that your details are still correct.',
}

/** One neutral sentence for the customer, or null where there is nothing to say. It holds no code: Paxos's are for developers (paxos/api.md 4.7). */
export function customerMessage({ state, statusDetails }: Pick<Onboarding, 'state' | 'statusDetails'>): string | null {
  switch (state) {
    case 'pending':
      return askedOfCustomer(statusDetails) ?? REVIEW
    case 'documents_required':
      return DOCUMENTS
    case 'approved':
      return 'Your account is being opened.'
    case 'ready':
      return askedOfCustomer(statusDetails)
    case 'denied':
      return 'We cannot offer you this service.'
    case 'disabled':
      return askedOfCustomer(statusDetails) ?? 'Your account is restricted: you can sell, but not buy.'
    case 'frozen':
      return 'Your account is not available at the moment. Please contact our support.'
    case 'held':
      return REVIEW
    case 'erased':
      return null
  }
}

function askedOfCustomer(details: StatusDetails | null): string | null {
  const asked = details?.requirements.filter(({ awaiting }) => awaiting === 'CLIENT') ?? []
  if (asked.length === 0) return null
  return (
    asked.map(({ type }) => ASKED[type]).find((sentence) => sentence !== undefined) ??
    'We need more details from you before we can continue.'
  )
}
