import { z } from 'zod'
import { FIAT_NETWORKS, ROUTING_NUMBER_TYPES } from '../../domain/transfer/deposit-instructions.ts'

/** The body of a request for deposit instructions: the rail, and for a wire the form of the routing number. */
export const InstructionsBody = z
  .strictObject({
    network: z.enum(FIAT_NETWORKS).default('WIRE').describe('The network on which the customer pays.'),
    routingNumberType: z.enum(ROUTING_NUMBER_TYPES).optional().describe('Only for WIRE. If it is left out, Paxos chooses.'),
  })
  .superRefine(({ network, routingNumberType }, context) => {
    if (routingNumberType === undefined || network === 'WIRE') return
    context.addIssue({ code: 'custom', path: ['routingNumberType'], message: 'applies only to network WIRE; omit it' })
  })
