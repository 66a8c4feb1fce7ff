import { onboardingNotification } from '../domain/onboarding/notification-content.ts'
import type { Snapshot } from '../domain/onboarding/onboarding.ts'
import type { NoticeChannel } from '../notify/notice.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import { createAccountEffect } from './create-account.ts'
import type { EffectKind } from './effect-kind.ts'
import { sendNotificationEffect } from './send-notification.ts'

export interface OnboardingEffectParts {
  paxos: PaxosClient
  notices: NoticeChannel
}

/** The kinds of effects that an onboarding intends. */
export function onboardingEffects({ paxos, notices }: OnboardingEffectParts): readonly EffectKind<Snapshot>[] {
  return [createAccountEffect(paxos), sendNotificationEffect(notices, onboardingNotification)]
}
