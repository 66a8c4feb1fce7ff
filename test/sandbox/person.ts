let made = 0

/** A valid Create Identity request for an invented person, with a `ref_id` and a `cip_id` that are unique in this run. */
export function person(changes: { refId?: string; decision?: string; details?: Record<string, unknown> } = {}): Record<string, unknown> {
  made++
  return {
    ref_id: changes.refId ?? `user-${made}`,
    ...(changes.decision === undefined ? {} : { metadata: { sandbox_decision: changes.decision } }),
    person_details: {
      verifier_type: 'PASSTHROUGH',
      passthrough_verifier_type: 'PERSONA',
      passthrough_verified_at: '2026-03-01T12:00:00Z',
      passthrough_verification_id: `inq_${made}`,
      passthrough_verification_status: 'APPROVED',
      passthrough_verification_fields: ['FULL_LEGAL_NAME', 'DATE_OF_BIRTH'],
      first_name: 'Ada',
      last_name: 'Moreno',
      date_of_birth: '1988-04-12',
      address: { address1: '12 Elm St', city: 'Albany', province: 'NY', country: 'USA', zip_code: '12207' },
      nationality: 'USA',
      cip_id: `900-00-${String(made).padStart(4, '0')}`,
      cip_id_type: 'SSN',
      cip_id_country: 'USA',
      email: 'ada@example.com',
      phone_number: '+1 555 000 0000',
      ...changes.details,
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

/** A valid Create Identity request for an invented institution with this one member. */
export function institution(memberId: string): Record<string, unknown> {
  made++
  return {
    ref_id: `firm-${made}`,
    institution_details: {
      name: 'Invented Trust',
      business_address: { address1: '1 Example St', city: 'Albany', province: 'NY', country: 'USA', zip_code: '12207' },
      incorporation_address: { address1: '1 Example St', city: 'Albany', province: 'NY', country: 'USA', zip_code: '12207' },
      institution_type: 'TRUST',
      institution_sub_type: 'INVESTMENT',
      cip_id: `12-${String(made).padStart(7, '0')}`,
      cip_id_type: 'EIN',
      cip_id_country: 'USA',
      govt_registration_date: '2021-04-14T00:00:00Z',
    },
    institution_members: [{ identity_id: memberId, roles: ['TRUSTEE'] }],
    tax_details: [{ tax_payer_id: '12-3456789', tax_payer_country: 'USA' }],
  }
}
