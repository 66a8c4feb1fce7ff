import { type DepositSnapshot, depositNotification } from '../domain/transfer/deposit.ts'
import type { NoticeChannel } from '../notify/notice.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { EffectKind } from './effect-kind.ts'
import { type FundEffectParts, fundAccountEffect } from './fund-account.ts'
import { sendNotificationEffect } from './send-notification.ts'

export interface DepositEffectParts extends FundEffectParts {
  paxos: PaxosClient
  notices: NoticeChannel
}

/** The kinds of effects that a deposit of the Sandbox intends. */
export function depositEffects({ paxos, notices, ...parts }: DepositEffectParts): readonly EffectKind<DepositSnapshot>[] {
  return [fundAccountEffect(paxos, parts), sendNotificationEffect(notices, depositNotification)]
}
