import type { Pool } from 'pg'
import type { AccountSnapshot } from '../domain/account/account.ts'
import type { ClosingSnapshot } from '../domain/account/account-closing.ts'
import type { AccountMemberChangeSnapshot } from '../domain/account/account-member-change.ts'
import type { ChangeSnapshot } from '../domain/identity-change/identity-change.ts'
import type { IdentityRequestSnapshot } from '../domain/identity-request/identity-request.ts'
import { READ_IDENTITY } from '../domain/onboarding/onboarding.ts'
import type { Inbox } from '../inbox/inbox.ts'
import { ACCOUNT_CLOSING_TABLE } from '../ledger/account-closing-table.ts'
import { ACCOUNT_MEMBER_CHANGE_TABLE } from '../ledger/account-member-change-table.ts'
import { ACCOUNT_TABLE } from '../ledger/account-table.ts'
import { IDENTITY_CHANGE_TABLE } from '../ledger/identity-change-table.ts'
import { IDENTITY_REQUEST_TABLE } from '../ledger/identity-request-table.ts'
import { createLedger, type Ledger } from '../ledger/ledger.ts'
import { hasOlderOpenChange } from '../ledger/read-changes.ts'
import type { NoticeChannel } from '../notify/notice.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { accountClosingRoutes } from '../saga/account-closing-route.ts'
import { accountMemberChangeRoute } from '../saga/account-member-change-route.ts'
import { accountRoute } from '../saga/account-route.ts'
import { identityChangeRoute } from '../saga/identity-change-route.ts'
import { identityRequestRoute } from '../saga/identity-request-route.ts'
import { adoptIdentityRoute, onboardingRoute, readIdentityRoute, remindRefreshRoutes } from '../saga/onboarding-route.ts'
import type { Routes } from '../saga/prepare-event.ts'
import type { Vault } from '../vault/vault.ts'
import type { Trading } from './open-trading.ts'
import type { Wrap } from './wrap-part.ts'

export interface RouteParts {
  pool: Pool
  inbox: Pick<Inbox, 'setTimer' | 'setTimers' | 'cancelTimer'>
  ledger: Ledger
  paxos: PaxosClient
  notices: NoticeChannel
  unknownIdentities: 'adopt' | 'hold'
  vault: Vault
  now: () => number
  trading: Pick<Trading, 'routes' | 'eventRoutes' | 'orderLedger'>
  wrap: Wrap
}

/** The routes of events, commands and timers to streams: the same in the worker, in the operator's role, and in tests. */
export function wireRoutes({
  pool,
  inbox,
  ledger,
  paxos,
  notices,
  unknownIdentities,
  vault,
  now,
  trading,
  wrap,
}: RouteParts): Required<Routes> & {
  requests: Ledger<IdentityRequestSnapshot>
  accountLedger: Ledger<AccountSnapshot>
  accountMemberLedger: Ledger<AccountMemberChangeSnapshot>
  closingLedger: Ledger<ClosingSnapshot>
  changes: Ledger<ChangeSnapshot>
  close(): Promise<void>
} {
  const requests = createLedger({ pool, table: IDENTITY_REQUEST_TABLE })
  const accountMemberLedger = wrap('accountMemberLedger', createLedger({ pool, table: ACCOUNT_MEMBER_CHANGE_TABLE }))
  const closingLedger = wrap('closingLedger', createLedger({ pool, table: ACCOUNT_CLOSING_TABLE }))
  const accountLedger = wrap('accountLedger', createLedger({ pool, table: ACCOUNT_TABLE }))
  const changes = wrap('changeLedger', createLedger({ pool, table: IDENTITY_CHANGE_TABLE }))
  const changeParts = {
    ...{ ledger: changes, paxos, vault },
    waitsForOlder: (change: ChangeSnapshot['change']) => hasOlderOpenChange(pool, change),
    readAgain: (identityId: string) => inbox.setTimer({ streamId: identityId, name: READ_IDENTITY, dueAt: new Date(now()), identityId }),
  }
  const onboarding = { ledger, paxos, notices, unknownIdentities, inbox, now }
  return {
    routes: [onboardingRoute(onboarding), ...trading.eventRoutes],
    ownRoutes: [
      identityRequestRoute({ requests, ledger, paxos, vault, now }),
      readIdentityRoute(onboarding),
      ...remindRefreshRoutes(onboarding),
      accountMemberChangeRoute({ ledger: accountMemberLedger, paxos }),
      ...accountClosingRoutes({ pool, inbox, ledger: closingLedger, orders: trading.orderLedger, paxos, now }),
      accountRoute({ ledger: accountLedger, paxos, notices, vault }),
      identityChangeRoute(changeParts),
      adoptIdentityRoute(onboarding),
      ...trading.routes,
    ],
    requests,
    accountLedger,
    accountMemberLedger,
    closingLedger,
    changes,
    close: async () => {
      await Promise.all([requests.close(), accountLedger.close(), accountMemberLedger.close(), closingLedger.close(), changes.close()])
    },
  }
}
