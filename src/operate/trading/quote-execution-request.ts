import { z } from 'zod'
import { BASE_DECIMALS, QUOTE_DECIMALS } from '../../domain/trade/read-order-request.ts'
import { amountInput, OpaqueId } from '../input/amount-input.ts'

const ONE_AMOUNT = 'give exactly one of baseAmount and quoteAmount'

/** The body of a quote execution: the quote, and exactly one amount. */
export const QuoteExecutionBody = z
  .strictObject({
    quoteId: OpaqueId.describe('The id of a quote that GET /v1/quotes listed, with at least 2 s left.'),
    baseAmount: amountInput({ decimals: BASE_DECIMALS }).optional(),
    quoteAmount: amountInput({ decimals: QUOTE_DECIMALS }).optional(),
  })
  .superRefine(
    ({ baseAmount, quoteAmount }, context) => {
      if ((baseAmount === undefined) !== (quoteAmount === undefined)) return
      for (const field of ['baseAmount', 'quoteAmount']) context.addIssue({ code: 'custom', path: [field], message: ONE_AMOUNT })
    },
    // Runs also when single fields are wrong, so that one answer names every error.
    { when: ({ value }) => typeof value === 'object' && value !== null },
  )
