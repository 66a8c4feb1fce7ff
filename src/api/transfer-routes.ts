import { LIST_FILTERS } from '../operate/export/list-filters.ts'
import { OpaqueIdParams } from '../operate/input/amount-input.ts'
import { pageQuery } from '../operate/input/query-inputs.ts'
import type { OperatorUseCases } from '../operate/use-cases.ts'
import { HttpProblem } from '../platform/problem.ts'
import { type ApiRoute, apiRoute } from './api-route.ts'

/** Routes for transfers, which Gatehouse learns from Paxos's events and polls. */
export function transferRoutes(useCases: OperatorUseCases): ApiRoute[] {
  return [
    apiRoute({
      method: 'GET',
      path: '/v1/transfers',
      permission: 'trade.read',
      summary: 'List transfers, newest first',
      description:
        'Deposits, withdrawals and moves between the profiles of your accounts, as Paxos lists them. A return is a separate transfer or a state.',
      query: pageQuery(LIST_FILTERS.transfers),
      answers: { 200: { description: 'A page of transfers.', schema: 'TransferPage' } },
      handle: async ({ query }) => {
        const { items, nextCursor } = await useCases.listTransfers(query)
        return { status: 200, body: { items: items.map(view), nextCursor } }
      },
    }),
    apiRoute({
      method: 'GET',
      path: '/v1/transfers/{id}',
      permission: 'trade.read',
      summary: 'Get one transfer with its ledger entries',
      params: OpaqueIdParams,
      answers: { 200: { description: 'The transfer.', schema: 'TransferStory' } },
      refusals: { 404: 'Unknown transfer (NO_SUCH_TRANSFER).' },
      handle: async ({ params }) => {
        const transfer = await useCases.getTransfer(params.id)
        if (transfer) return { status: 200, body: view(transfer) }
        const detail = `Unknown transfer ${params.id}. A transfer id starts with transfer-; GET /v1/transfers lists them.`
        throw new HttpProblem(404, 'NO_SUCH_TRANSFER', detail)
      },
    }),
  ]
}

const view = <Shown extends { transferId: string }>(transfer: Shown) => ({ id: transfer.transferId, ...transfer })
