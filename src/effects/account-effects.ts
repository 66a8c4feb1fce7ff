import { type AccountSnapshot, FORGET_INPUT } from '../domain/account/account.ts'
import { accountNotification } from '../domain/account/account-notification.ts'
import type { NoticeChannel } from '../notify/notice.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { Vault } from '../vault/vault.ts'
import type { EffectKind } from './effect-kind.ts'
import { forgetInputEffect } from './forget-input.ts'
import { openAccountEffect } from './open-account.ts'
import { sendNotificationEffect } from './send-notification.ts'

export interface AccountEffectParts {
  paxos: PaxosClient
  notices: NoticeChannel
  vault: Vault
}

/** The kinds of effects that a further account intends. */
export function accountEffects({ paxos, notices, vault }: AccountEffectParts): readonly EffectKind<AccountSnapshot>[] {
  return [openAccountEffect({ paxos, vault }), forgetInputEffect(FORGET_INPUT, vault), sendNotificationEffect(notices, accountNotification)]
}
