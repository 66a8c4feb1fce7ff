import type { Pool } from 'pg'
import type { DocumentSnapshot } from '../domain/document/document.ts'
import type { MemberChange, MemberChangeSnapshot } from '../domain/institution/member-change.ts'
import type { OrderSnapshot } from '../domain/trade/order-stream.ts'
import type { QuoteExecutionSnapshot } from '../domain/trade/quote-execution-stream.ts'
import type { Deposit, DepositSnapshot } from '../domain/transfer/deposit.ts'
import type { InstructionsSnapshot } from '../domain/transfer/deposit-instructions.ts'
import type { TransferSnapshot } from '../domain/transfer/transfer-stream.ts'
import type { Wire, WireSnapshot } from '../domain/transfer/wire.ts'
import { DEPOSIT_INSTRUCTIONS_TABLE } from '../ledger/deposit-instructions-table.ts'
import { DEPOSIT_TABLE } from '../ledger/deposit-table.ts'
import { DOCUMENT_TABLE } from '../ledger/document-table.ts'
import { createLedger, type Ledger } from '../ledger/ledger.ts'
import { MEMBER_CHANGE_TABLE } from '../ledger/member-change-table.ts'
import { ORDER_TABLE } from '../ledger/order-table.ts'
import { QUOTE_EXECUTION_TABLE } from '../ledger/quote-execution-table.ts'
import { hasOlderOpenDeposit } from '../ledger/read-deposits.ts'
import { sumFlows } from '../ledger/read-flows.ts'
import { hasOlderOpenChange } from '../ledger/read-member-changes.ts'
import { type OrderReads, readOrders } from '../ledger/read-orders.ts'
import { countWiresAlike, hasOlderOpenWire } from '../ledger/read-wires.ts'
import { TRANSFER_TABLE } from '../ledger/transfer-table.ts'
import { WIRE_TABLE } from '../ledger/wire-table.ts'
import type { NoticeChannel } from '../notify/notice.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { depositInstructionsRoute } from '../saga/deposit-instructions-route.ts'
import { depositRoute } from '../saga/deposit-route.ts'
import { documentRoute } from '../saga/document-route.ts'
import { memberChangeRoute } from '../saga/member-change-route.ts'
import { orderRoutes } from '../saga/order-routes.ts'
import type { EventRoute, OwnRoute } from '../saga/prepare-event.ts'
import { quoteExecutionRoute } from '../saga/quote-execution-route.ts'
import { transferRoutes } from '../saga/transfer-route.ts'
import { wireRoute } from '../saga/wire-route.ts'
import { NOT_WRAPPED, type Wrap } from './wrap-part.ts'

/** The streams of trading and their commands, wired once for the worker and for the use cases. */
export interface Trading {
  orders: OrderReads
  orderLedger: Ledger<OrderSnapshot>
  depositLedger: Ledger<DepositSnapshot>
  quoteLedger: Ledger<QuoteExecutionSnapshot>
  instructionsLedger: Ledger<InstructionsSnapshot>
  transferLedger: Ledger<TransferSnapshot>
  wireLedger: Ledger<WireSnapshot>
  documentLedger: Ledger<DocumentSnapshot>
  memberLedger: Ledger<MemberChangeSnapshot>
  routes: readonly OwnRoute[]
  /** Routes of Paxos's events that move a stream of trading. */
  eventRoutes: readonly EventRoute[]
  close(): Promise<void>
}

/** Opens the ledgers, effects and routes of everything that a customer does after the onboarding. One list: each stream stands in it once. */
export function openTrading({
  pool,
  paxos,
  notices,
  now = Date.now,
  readTransfers = true,
  absenceTrustedAfterMs,
  wrap = NOT_WRAPPED,
}: {
  pool: Pool
  paxos: PaxosClient
  notices: NoticeChannel
  now?: () => number
  /** Whether transfers are read. Otherwise their events are kept. */
  readTransfers?: boolean
  /** How long a deposit or a wire with a lost answer may still appear at Paxos, milliseconds; by default each has a time of its own. */
  absenceTrustedAfterMs?: number | undefined
  wrap?: Wrap
}): Trading {
  const orderLedger = wrap('orderLedger', createLedger({ pool, table: ORDER_TABLE }))
  const depositLedger = wrap('depositLedger', createLedger({ pool, table: DEPOSIT_TABLE }))
  const quoteLedger = wrap('quoteLedger', createLedger({ pool, table: QUOTE_EXECUTION_TABLE }))
  const waitsForOlder = (deposit: Deposit) => hasOlderOpenDeposit(pool, deposit)
  const balanceOnRecord = (accountId: string, asset: string) => sumFlows(pool, accountId, asset)
  const instructionsLedger = wrap('instructionsLedger', createLedger({ pool, table: DEPOSIT_INSTRUCTIONS_TABLE }))
  const transferLedger = wrap('transferLedger', createLedger({ pool, table: TRANSFER_TABLE }))
  const wireLedger = wrap('wireLedger', createLedger({ pool, table: WIRE_TABLE }))
  const wiresAlike = (wire: Wire) => countWiresAlike(pool, wire)
  const waitsForOlderWire = (wire: Wire) => hasOlderOpenWire(pool, wire)
  const documentLedger = wrap('documentLedger', createLedger({ pool, table: DOCUMENT_TABLE }))
  const memberLedger = wrap('memberLedger', createLedger({ pool, table: MEMBER_CHANGE_TABLE }))
  const waitsForOlderChange = (change: MemberChange) => hasOlderOpenChange(pool, change)
  const transfers = transferRoutes({ pool, ledger: transferLedger, paxos, notices })
  return {
    orders: readOrders(pool),
    orderLedger,
    depositLedger,
    quoteLedger,
    instructionsLedger,
    transferLedger,
    wireLedger,
    documentLedger,
    memberLedger,
    eventRoutes: readTransfers ? [transfers.event] : [],
    routes: [
      ...orderRoutes({ ledger: orderLedger, paxos, notices, now }),
      depositRoute({ ledger: depositLedger, paxos, notices, balanceOnRecord, waitsForOlder, now, absenceTrustedAfterMs }),
      quoteExecutionRoute({ ledger: quoteLedger, paxos, now }),
      depositInstructionsRoute({ ledger: instructionsLedger, paxos }),
      wireRoute({ ledger: wireLedger, paxos, wiresAlike, waitsForOlder: waitsForOlderWire, now, absenceTrustedAfterMs }),
      transfers.timer,
      memberChangeRoute({ ledger: memberLedger, paxos, waitsForOlder: waitsForOlderChange, now, absenceTrustedAfterMs }),
      documentRoute({ ledger: documentLedger, paxos }),
    ],
    close: async () => {
      const ledgers = [
        orderLedger,
        depositLedger,
        quoteLedger,
        instructionsLedger,
        transferLedger,
        wireLedger,
        documentLedger,
        memberLedger,
      ]
      await Promise.all(ledgers.map((ledger) => ledger.close()))
    },
  }
}
