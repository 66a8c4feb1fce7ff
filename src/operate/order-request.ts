import { z } from 'zod'
import { ORDER_SIDES, ORDER_TYPES, type OrderRequest, TIMES_IN_FORCE } from '../domain/trade/order.ts'
import { type FieldProblem, readOrderRequest } from '../domain/trade/read-order-request.ts'

const DECIMAL = '^[0-9]+(\\.[0-9]+)?$'
const decimal = (description: string) => z.unknown().meta({ type: 'string', pattern: DECIMAL, description, examples: ['250.00'] })

/**
 * The body of an order. Each field is described here for the document and taken as it comes: the core checks all of it at once and says of each
 * wrong field what to send (src/domain/trade/read-order-request.ts).
 */
export const OrderBody = z
  .looseObject({
    side: z.unknown().meta({ type: 'string', enum: [...ORDER_SIDES] }),
    market: z.unknown().meta({ type: 'string', description: 'GET /v1/markets lists them.', examples: ['BTCUSD'] }),
    type: z.unknown().meta({ type: 'string', enum: [...ORDER_TYPES] }),
    baseAmount: decimal('Of the base asset, at most 8 decimals: all orders but a market buy.').optional(),
    quoteAmount: decimal('Of the quote asset, at most 2 decimals: a market buy.').optional(),
    price: decimal('A multiple of the market’s tick: LIMIT, POST_ONLY_LIMIT, STOP_LIMIT.').optional(),
    stopPrice: decimal('STOP_MARKET and STOP_LIMIT, which are sales.').optional(),
    timeInForce: z
      .unknown()
      .meta({ type: 'string', enum: [...TIMES_IN_FORCE], description: 'MARKET takes IOC; stop orders GTC and GTT; the others all.' })
      .optional(),
    expiresAt: z.unknown().meta({ type: 'string', format: 'date-time', description: 'For GTT, more than 10 s ahead.' }).optional(),
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
