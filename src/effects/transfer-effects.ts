import { transferNotification } from '../domain/transfer/transfer-notification.ts'
import type { TransferSnapshot } from '../domain/transfer/transfer-stream.ts'
import type { NoticeChannel } from '../notify/notice.ts'
import type { EffectKind } from './effect-kind.ts'
import { sendNotificationEffect } from './send-notification.ts'

export interface TransferEffectParts {
  notices: NoticeChannel
}

/** The kinds of effects that a transfer intends: it is observed, and tells the application. */
export function transferEffects({ notices }: TransferEffectParts): readonly EffectKind<TransferSnapshot>[] {
  return [sendNotificationEffect(notices, transferNotification)]
}
