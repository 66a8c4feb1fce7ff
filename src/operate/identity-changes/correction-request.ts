import { z } from 'zod'
import { InstitutionDueDiligence } from '../onboarding/due-diligence.ts'
import { INSTITUTION_FIELDS } from '../onboarding/institution-request.ts'
import { ascii, country, metadata } from '../onboarding/person-fields.ts'
import { PERSON_FIELDS } from '../onboarding/person-request.ts'

/**
 * What may be corrected: Paxos's Update Identity (paxos/api.md 4.9, documented), a delta. Each field follows the rule of Create Identity, and
 * an empty text clears an optional field. `ref_id` cannot change, because Gatehouse keeps it for ever; the date of a KYC refresh and the
 * deprecated switch `set_user_disabled` have requests of their own.
 */
export const Correction = z.strictObject({
  person_details: z.strictObject(PERSON_FIELDS).partial().optional(),
  institution_details: z.strictObject(INSTITUTION_FIELDS).partial().optional(),
  customer_due_diligence: InstitutionDueDiligence.optional(),
  tax_details: z.array(z.strictObject({ tax_payer_id: ascii(35), tax_payer_country: country })).optional(),
  set_tax_details_not_required: z.boolean().optional(),
  metadata: metadata.optional(),
  is_merchant: z.boolean().optional(),
})

export const CORRECTION_FIELDS: readonly string[] = Object.keys(Correction.shape)

/** A delta as it arrives. Its fields are checked together with what Paxos has, so that one answer names every error. */
export type Delta = Readonly<Record<string, unknown>>

const { $schema: _dialect, ...documented } = z.toJSONSchema(Correction, { io: 'input' })

/** The body of a correction. The documentation shows the fields; check-correction.ts checks them. */
export const CorrectionBody = z.record(z.string(), z.unknown()).meta(documented)

/** The body of a KYC refresh. */
export const RefreshBody = z.strictObject({
  changes: z
    .record(z.string(), z.unknown())
    .meta({ ...documented, description: 'What has changed, as in a correction. {} says that nothing has changed.' }),
})
