import type { Pool, PoolClient } from 'pg'
import { type InboxRow, loadEvents } from '../inbox/load-events.ts'
import { readVersions } from '../ledger/read-versions.ts'

/** An event as it stands now, and what a verdict about it rests on. */
export interface BasedEvent {
  event: InboxRow
  /** The event's state and opening, and its onboarding's version. */
  basis: string
}

/** Reads these events (bigint as text) with their onboardings' versions. */
export async function readBases(on: Pool | PoolClient, seqs: readonly string[]): Promise<Map<string, BasedEvent>> {
  const events = (await loadEvents(on, seqs)).filter((event) => event !== null)
  const versions = await readVersions(on, [...new Set(events.flatMap(({ identityId }) => identityId ?? []))])
  return new Map(
    events.map((event) => [
      event.seq,
      { event, basis: [event.state, event.generation, versions.get(event.identityId ?? '') ?? 0].join('/') },
    ]),
  )
}
