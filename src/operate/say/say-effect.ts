import type { EffectId } from '../../domain/effect.ts'
import { SEND_NOTIFICATION } from '../../domain/notification.ts'
import { CREATE_ACCOUNT } from '../../domain/onboarding/account-effect.ts'

/** An effect's kind, and a notification's name. */
export type NamedEffect = Pick<EffectId, 'kind' | 'name'>

/** An effect in words. A kind without a text gets its name as words: `close-account` is "Close account". */
export function sayEffect(effect: NamedEffect): string {
  switch (effect.kind) {
    case CREATE_ACCOUNT:
      return 'Account with profile'
    case SEND_NOTIFICATION:
      return sayNotification(effect)
    default:
      return capitalised(effect.kind.replaceAll('-', ' '))
  }
}

/** An effect that is decided and not yet attempted, in words. */
export function sayIntent(effect: NamedEffect): string {
  switch (effect.kind) {
    case CREATE_ACCOUNT:
      return 'Account creation requested'
    case SEND_NOTIFICATION:
      return `${sayNotification(effect)} queued`
    default:
      return `${sayEffect(effect)} requested`
  }
}

function sayNotification({ name }: NamedEffect): string {
  return `Notification "${(name ?? '').replaceAll('_', ' ')}"`
}

function capitalised(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}
