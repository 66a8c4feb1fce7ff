import type { Amount } from '../domain/money.ts'
import { type DepositSnapshot, depositNotification } from '../domain/transfer/deposit.ts'
import type { NoticeChannel } from '../notify/notice.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { EffectKind } from './effect-kind.ts'
import { fundAccountEffect } from './fund-account.ts'
import { sendNotificationEffect } from './send-notification.ts'

export interface DepositEffectParts {
  paxos: PaxosClient
  notices: NoticeChannel
  /** The sum of all flows on record of one asset in one account. */
  balanceOnRecord: (accountId: string, asset: string) => Promise<Amount>
}

/** The kinds of effects that a deposit of the Sandbox intends. */
export function depositEffects({ paxos, notices, balanceOnRecord }: DepositEffectParts): readonly EffectKind<DepositSnapshot>[] {
  return [fundAccountEffect(paxos, { balanceOnRecord }), sendNotificationEffect(notices, depositNotification)]
}
