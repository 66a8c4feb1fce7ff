import type { Execution } from '../exchange/execution-store.ts'
import type { SandboxState } from '../sandbox-state.ts'
import { toRfc3339 } from '../world/nano-clock.ts'
import { page, pageRequest } from './page.ts'
import { problem } from './paxos-problem.ts'
import { queryText } from './query.ts'
import { requireProfile } from './require-profile.ts'
import type { Call, SimulateOperation } from './simulated-operation.ts'
import { beginAndEnd } from './time-range.ts'

/** Documented: at most 1,000 over all profiles; of one profile at most 500, by default 20. The default over all is assumed. */
const OF_ALL = { maxLimit: 1000, defaultLimit: 100 }
const OF_PROFILE = { maxLimit: 500, defaultLimit: 20 }
const EXECUTION_DIGITS = 3

/** List executions, newest first (the order is assumed) (paxos/api.md 8.1). */
export function executionRoutes(simulate: SimulateOperation, state: SandboxState): void {
  simulate('GET /profiles/{profile_id}/executions', (call) => {
    return listExecutions(call, state, { profileId: requireProfile(call, state).id, accountId: null, limits: OF_PROFILE })
  })

  simulate('GET /executions', (call) => {
    const [profileId, accountId] = [queryText(call.query, 'profile_id'), queryText(call.query, 'account_id')]
    return listExecutions(call, state, { profileId, accountId, limits: OF_ALL })
  })
}

function listExecutions(
  { query }: Call,
  { executions, settings, random }: SandboxState,
  { profileId, accountId, limits }: { profileId: string | null; accountId: string | null; limits: typeof OF_ALL },
): object {
  const orderId = queryText(query, 'order_id')
  const since = queryText(query, 'since_execution_id')
  if (since !== null && !/^\d{1,20}$/.test(since)) throw problem(400, 'since_execution_id: must be an execution id')
  const all = orderId !== null ? executions.ofOrder(orderId) : profileId !== null ? executions.ofProfile(profileId) : executions.all
  const isHidden = ({ id }: Execution): boolean =>
    settings.hiddenExecutions > 0 && random.fraction('hidden execution', String(id)) < settings.hiddenExecutions
  const { items, nextCursor } = page(all, {
    request: pageRequest(query, { order: 'DESC', ...limits }),
    created: beginAndEnd(query, 'range'),
    keep: (execution) =>
      !execution.busted &&
      (profileId === null || execution.profileId === profileId) &&
      (accountId === null || execution.accountId === accountId) &&
      (since === null || execution.id > BigInt(since)) &&
      !isHidden(execution),
  })
  return { items: items.map(executionView), next_page_cursor: nextCursor }
}

function executionView(execution: Execution): object {
  return {
    execution_id: String(execution.id),
    order_id: execution.orderId,
    executed_at: toRfc3339(execution.createdAtNs, EXECUTION_DIGITS),
    market: execution.market,
    side: execution.side,
    amount: execution.amount.toFixed(),
    price: execution.price.toFixed(),
    commission: execution.commission.toFixed(),
    commission_asset: execution.quoteAsset,
    rebate: '0',
    rebate_asset: execution.quoteAsset,
    ...(execution.accountId === null ? {} : { account_id: execution.accountId }),
    gross_trade_amount: execution.gross.toFixed(),
  }
}
