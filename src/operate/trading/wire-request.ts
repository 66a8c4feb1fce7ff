import { z } from 'zod'
import { amountInput } from '../input/amount-input.ts'

/** The body of a request for a wire of the Sandbox: Paxos takes US dollars alone there, with at most two decimals. */
export const WireBody = z.strictObject({
  asset: z.literal('USD', 'must be USD: the Sandbox takes wires of no other asset').default('USD'),
  amount: amountInput({ decimals: 2 }),
})
