import { z } from 'zod'
import { ascii, Country, DateTime, MailingAddress, UpdatedAddress } from './address-request.ts'
import { Sector } from './due-diligence-request.ts'

const text = z.string().min(1, 'must not be empty')

/** Every writable field of `institution_details` (paxos/api.md 4.5). */
const InstitutionFields = z.strictObject({
  name: ascii(200),
  business_address: MailingAddress,
  incorporation_address: MailingAddress.optional(),
  phone_number: z.string().optional(),
  email: z.string().optional(),
  institution_type: z.enum(['TRUST', 'CORPORATION', 'LLC', 'PARTNERSHIP', 'SOLE_PROPRIETORSHIP']),
  institution_sub_type: Sector,
  cip_id: ascii(200),
  cip_id_type: z.enum(['EIN', 'SSN', 'ITIN', 'REGISTRATION_NUMBER']),
  cip_id_country: Country,
  govt_registration_date: DateTime,
  regulation_status: z.enum(['US_REGULATED', 'INTL_REGULATED', 'NON_REGULATED']).optional(),
  trading_type: z.enum(['PRIVATE', 'PUBLIC', 'PUBLICLY_TRADED_SUBSIDIARY']).optional(),
  listed_exchange: text.optional(),
  ticker_symbol: text.optional(),
  parent_institution_name: text.optional(),
  regulator_name: text.optional(),
  regulator_jurisdiction: text.optional(),
  regulator_register_number: text.optional(),
  doing_business_as: text.optional(),
  business_description: text.optional(),
})
type InstitutionFields = z.output<typeof InstitutionFields>

const COMPANIES: readonly string[] = ['CORPORATION', 'LLC', 'PARTNERSHIP']
const PROHIBITED: readonly string[] = ['ADULT_ENTERTAINMENT', 'DRUGS', 'SHELL_BANK', 'WEAPONS']

/** The required fields, by type, regulation and trading (paxos/api.md 4.5). */
export const InstitutionDetails = InstitutionFields.superRefine((institution, context) => {
  const refuse = (field: string, message: string): void => context.addIssue({ code: 'custom', path: [field], message })
  const needs = (because: string, fields: readonly (keyof InstitutionFields)[]): void => {
    for (const field of fields) if (institution[field] === undefined) refuse(field, `is required ${because}`)
  }
  const { institution_type: type, institution_sub_type: subType, regulation_status: regulation, trading_type: trading } = institution
  if (PROHIBITED.includes(subType)) refuse('institution_sub_type', 'is a prohibited business')
  if (subType === 'REGISTERED_INVESTMENT_ADVISOR') refuse('institution_sub_type', "needs Paxos's authorisation")
  if (COMPANIES.includes(type)) {
    needs(`for a ${type}`, ['incorporation_address', 'regulation_status', 'trading_type', 'business_description'])
  }
  if (type === 'TRUST') {
    if (subType !== 'INVESTMENT') refuse('institution_sub_type', 'must be INVESTMENT for a TRUST')
    if (institution.cip_id_type !== 'SSN' && institution.cip_id_type !== 'ITIN') needs('for this TRUST', ['incorporation_address'])
  }
  if (regulation === 'US_REGULATED' || regulation === 'INTL_REGULATED') {
    needs(`when it is ${regulation}`, ['regulator_name', 'regulator_jurisdiction', 'regulator_register_number'])
  }
  if (trading === 'PUBLIC' || trading === 'PUBLICLY_TRADED_SUBSIDIARY') needs(`when it is ${trading}`, ['listed_exchange', 'ticker_symbol'])
  if (trading === 'PUBLICLY_TRADED_SUBSIDIARY') {
    needs(`when it is ${trading}`, ['parent_institution_name'])
    if (regulation === 'NON_REGULATED') refuse('trading_type', 'must be PRIVATE or PUBLIC when it is NON_REGULATED')
  }
})

export const UpdatedInstitution = InstitutionFields.extend({
  business_address: UpdatedAddress,
  incorporation_address: UpdatedAddress,
}).partial()

export const MEMBER_ROLES = [
  ...(['BENEFICIAL_OWNER', 'ACCOUNT_OPENER', 'TRUSTEE', 'AUTHORIZED_USER', 'GRANTOR'] as const),
  ...(['MANAGEMENT_CONTROL_PERSON', 'BENEFICIARY', 'SOLE_PROPRIETOR'] as const),
] as const
const TRUST_ROLES: readonly string[] = ['GRANTOR', 'TRUSTEE', 'BENEFICIARY']

/** A member of an institution. Paxos sets its id, name and status (paxos/api.md 4.5). */
export const InstitutionMember = z.strictObject({
  id: z.undefined('must not be set').optional(),
  identity_id: text,
  roles: z.array(z.enum(MEMBER_ROLES)).min(1, 'must name at least one role'),
  ownership: z
    .string()
    .regex(/^([0-9]{1,2}(\.[0-9]+)?|100(\.0+)?)$/, 'must be a percentage from 0 to 100, as a decimal text')
    .optional(),
  position: z.string().optional(),
})
export type InstitutionMember = z.output<typeof InstitutionMember>

/** What is wrong with the members' roles for an institution of this type; null when they are right. */
export function rolesRefusal(type: string, members: readonly InstitutionMember[]): string | null {
  const roles = members.flatMap((member) => member.roles)
  if (type !== 'TRUST') return roles.some((role) => role === 'GRANTOR') ? 'GRANTOR is a role in a TRUST only' : null
  const others = roles.filter((role) => !TRUST_ROLES.includes(role))
  if (others.length > 0) return `a TRUST has members with the roles ${TRUST_ROLES.join(', ')} only`
  return roles.length > 0 ? null : `a TRUST needs a member with one of the roles ${TRUST_ROLES.join(', ')}`
}
