import type { AccountStore } from './account-store.ts'
import type { DecisionEngine } from './decision-engine.ts'
import type { EventStore } from './event-store.ts'
import type { FaultBook } from './fault-book.ts'
import type { IdentityStore } from './identity-store.ts'
import type { NanoClock } from './nano-clock.ts'
import type { RateLimits } from './rate-limits.ts'
import type { SandboxSettings } from './sandbox-settings.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { StoryLog } from './story-log.ts'
import type { SandboxClient, TokenStore } from './token-store.ts'
import type { WebhookSender } from './webhook-sender.ts'

/** Everything that one simulator consists of; the routes work on it, and tests in the same process may look into it. */
export interface SandboxState {
  readonly settings: SandboxSettings
  readonly random: SeededRandom
  readonly clock: NanoClock
  readonly story: StoryLog
  readonly faults: FaultBook
  readonly limits: RateLimits
  readonly tokens: TokenStore
  readonly clients: readonly SandboxClient[]
  readonly identities: IdentityStore
  readonly accounts: AccountStore
  readonly events: EventStore
  readonly engine: DecisionEngine
  readonly webhooks: WebhookSender
}
