import { z } from 'zod'
import { ON_DUPLICATE } from '../../domain/identity-request/identity-request.ts'

/** A field of ours in the body of `POST /v1/onboardings`. */
export const onDuplicate = z
  .enum(ON_DUPLICATE)
  .describe('If Paxos knows the person already: refuse (the default), or review: an operator decides whether it is the same customer.')
