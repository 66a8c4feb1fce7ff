import { randomInt } from 'node:crypto'

const FIRST_NAMES = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Radia', 'Tony', 'Frances', 'Leslie'] as const
const LAST_NAMES = ['Moreno', 'Okafor', 'Lindgren', 'Tanaka', 'Novak', 'Haddad', 'Silva', 'Kowalski', 'Byrne', 'Iyer'] as const

/** The body of Create Identity (paxos/api.md 4.1 to 4.4) for a person who does not exist; each call gives another one. */
export function samplePerson(): Record<string, unknown> {
  const [area, group, serial] = [randomInt(100, 900), randomInt(10, 100), randomInt(1000, 10_000)]
  const [first, last] = [pick(FIRST_NAMES), pick(LAST_NAMES)]
  return {
    ref_id: `user_${Date.now().toString(36)}${randomInt(36 ** 4).toString(36)}`,
    person_details: {
      verifier_type: 'PASSTHROUGH',
      passthrough_verifier_type: 'PERSONA',
      passthrough_verified_at: new Date().toISOString(),
      passthrough_verification_id: `inq_${randomInt(2 ** 40).toString(16)}`,
      passthrough_verification_status: 'APPROVED',
      passthrough_verification_fields: ['FULL_LEGAL_NAME', 'DATE_OF_BIRTH'],
      first_name: first,
      last_name: last,
      date_of_birth: `19${randomInt(60, 99)}-0${randomInt(1, 10)}-1${randomInt(0, 10)}`,
      address: { address1: `${randomInt(1, 999)} Elm St`, city: 'Albany', province: 'NY', country: 'USA', zip_code: '12207' },
      nationality: 'USA',
      cip_id: `${area}-${group}-${serial}`,
      cip_id_type: 'SSN',
      cip_id_country: 'USA',
      email: `${first}.${last}@example.com`.toLowerCase(),
      phone_number: '+1 555 000 0000',
    },
    customer_due_diligence: {
      estimated_yearly_income: 'INCOME_50K_TO_100K',
      expected_transfer_value: 'TRANSFER_VALUE_0_TO_25K',
      source_of_wealth: 'EMPLOYMENT_INCOME',
      employment_status: 'FULL_TIME',
      employment_industry_sector: 'INFORMATION',
    },
  }
}

function pick<T>(choices: readonly T[]): T {
  return choices[randomInt(choices.length)] as T
}
