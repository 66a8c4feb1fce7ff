import { z } from 'zod'
import { InstitutionRequest } from './institution-request.ts'
import { PersonRequest } from './person-request.ts'

/** The body of `POST /v1/onboardings`: a person, or an institution, which has `institution_details`. */
export const IdentityRequest = z.union([PersonRequest, InstitutionRequest])
export type IdentityRequest = z.output<typeof IdentityRequest>

export const IDENTITY_REQUEST_FIELDS: readonly string[] = [
  ...new Set([...Object.keys(PersonRequest.shape), ...Object.keys(InstitutionRequest.shape)]),
]
