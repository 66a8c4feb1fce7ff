import type { ChannelHealth } from '../../alert/channel-health.ts'
import type { KeyRecord } from '../../inbox/key-record.ts'
import type { OpenCause } from '../../inbox/open-causes.ts'
import type { UnknownOfKey } from '../../inbox/webhook-keys.ts'
import type { WaitingDuplicates } from '../../ledger/waiting-duplicates.ts'
import type { NoticeHealth } from '../../notify/notice-health.ts'
import type { UpstreamContact } from '../../paxos/upstream-contact.ts'
import type { CanaryTrace } from '../../queue/canary.ts'
import type { QueueCounts } from '../../queue/event-queue.ts'
import type { RoleProcess } from '../../roster/role-process.ts'
import type { QueuePause } from '../queue/queue-pause.ts'

/** Observations of every part at one moment. A part that could not be read is null. */
export interface Observed {
  now: Date
  running: readonly RoleProcess[]
  /** Null: the queue does not answer. */
  counts: QueueCounts | null
  pause: QueuePause | null
  canary: CanaryTrace
  causes: readonly OpenCause[]
  /** Whether Paxos answers, as the breakers of all processes last saw it. */
  contact: readonly UpstreamContact[]
  notices: NoticeHealth
  held: number
  /** Requests for persons whom Paxos knows already, which wait for a decision. */
  duplicates: WaitingDuplicates
  /** Requests to erase a person that are not done, first requested first. */
  openErasures: readonly { readonly requestedAt: Date }[]
  oldestUnfinishedAt: Date | null
  /** The time up to which every event that Paxos lists is in the inbox. */
  sweptTo: Date | null
  sweepEverySeconds: number | null
  lockedForMs: number | null
  keys: readonly KeyRecord[]
  /** Of the demoted keys: their events that are parked because Paxos does not know them. */
  unknownOfKeys: readonly UnknownOfKey[]
  /** The channels for alerts to operators. */
  alertChannels: readonly ChannelHealth[]
}
