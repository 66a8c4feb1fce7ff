import { z } from 'zod'
import { ORDER_SIDES, ORDER_TYPES, type OrderRequest, TIMES_IN_FORCE } from '../../domain/trade/order.ts'
import { type FieldProblem, readOrderRequest } from '../../domain/trade/read-order-request.ts'

const DECIMAL = '^[0-9]+(\\.[0-9]+)?$'
const decimal = (description: string) => z.unknown().meta({ type: 'string', pattern: DECIMAL, description, examples: ['250.00'] })

/**
 * The body of an order. The schema only describes each field for the OpenAPI document. The core checks all fields at once and says for each
 * wrong one what to send (src/domain/trade/read-order-request.ts).
 */
export const OrderBody = z
  .looseObject({
    side: z.unknown().meta({ type: 'string', enum: [...ORDER_SIDES] }),
    market: z.unknown().meta({ type: 'string', description: 'A market of GET /v1/markets.', examples: ['BTCUSD'] }),
    type: z.unknown().meta({ type: 'string', enum: [...ORDER_TYPES] }),
    baseAmount: decimal('Amount of the base asset, at most 8 decimals. Every order except a market buy takes it.').optional(),
    quoteAmount: decimal('Amount of the quote asset, at most 2 decimals. Only a market buy takes it.').optional(),
    price: decimal('A multiple of the market’s tick. LIMIT, POST_ONLY_LIMIT and STOP_LIMIT take it.').optional(),
    stopPrice: decimal('STOP_MARKET and STOP_LIMIT take it; both only sell.').optional(),
    timeInForce: z
      .unknown()
      .meta({
        type: 'string',
        enum: [...TIMES_IN_FORCE],
        description: 'MARKET takes IOC. Stop orders take GTC and GTT. The other types take all.',
      })
      .optional(),
    expiresAt: z
      .unknown()
      .meta({ type: 'string', format: 'date-time', description: 'Only for GTT: a time more than 10 s from now.' })
      .optional(),
  })
  .transform((body, context): OrderRequest => {
    const read = readOrderRequest(body)
    if (!isProblems(read)) return read
    for (const { field, message } of read) context.addIssue({ code: 'custom', path: [field], message })
    return z.NEVER
  })

function isProblems(read: OrderRequest | readonly FieldProblem[]): read is readonly FieldProblem[] {
  return Array.isArray(read)
}
