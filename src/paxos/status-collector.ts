import type { Wanted } from './batch-reader.ts'
import type { PaxosEvent } from './events.ts'
import type { PaxosIdentity } from './identities.ts'
import { PER_WINDOW, type WindowLane, windowsOf } from './identity-windows.ts'

export interface StatusCollectorOptions {
  backlog: {
    versions(identityIds: readonly string[]): Promise<Map<string, number>>
    readsStatus(type: string): boolean
  }
  /** Events that need a status. The status of another event is kept when a page brings it. */
  wantsStatus: ReadonlySet<string>
  lane: WindowLane<PaxosIdentity>
  onStatus(eventId: string, status: { seen: PaxosIdentity; version: number | null }): void
}

export interface StatusCollector {
  /** Takes the events of one part of the time, in the order of time. */
  part(): { add(eventId: string, event: PaxosEvent): void; end(): void }
  /** Resolves when all statuses have been read. Rejects with the first failure. */
  ended(): Promise<void>
}

interface Collected extends Wanted {
  eventId: string
}

/**
 * Reads statuses while events are still being found. When a window is full, the collector first loads the versions of its onboardings and
 * then reads the window. It never reads a window first: a status must be newer than the version.
 */
export function createStatusCollector({ backlog, wantsStatus, lane, onStatus }: StatusCollectorOptions): StatusCollector {
  const begun: Promise<void>[] = []
  let failure: { error: unknown } | null = null
  const read = async (collected: readonly Collected[], wanted: readonly Collected[]): Promise<void> => {
    const versions = await backlog.versions([...new Set(collected.map(({ id }) => id))])
    const eventsOf = Map.groupBy(collected, ({ id }) => id)
    lane.add(windowsOf(wanted), (id, seen) => {
      for (const { eventId } of eventsOf.get(id) ?? []) onStatus(eventId, { seen, version: versions.get(id) ?? null })
    })
  }
  const fail = (error: unknown): void => {
    failure ??= { error }
  }
  return {
    part() {
      let collected: Collected[] = []
      let wanted: Collected[] = []
      const flush = (): void => {
        if (wanted.length > 0) begun.push(read(collected, wanted).catch(fail))
        collected = []
        wanted = []
      }
      return {
        add(eventId, event) {
          if (!event.identityId || !backlog.readsStatus(event.type)) return
          const each = { eventId, id: event.identityId, at: Date.parse(event.createdAt) }
          collected.push(each)
          if (wantsStatus.has(eventId)) wanted.push(each)
          if (wanted.length === PER_WINDOW) flush()
        },
        end: flush,
      }
    },
    async ended() {
      await Promise.all(begun)
      await lane.ended()
      if (failure) throw failure.error
    },
  }
}
