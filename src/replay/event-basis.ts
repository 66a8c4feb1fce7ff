import type { Pool, PoolClient } from 'pg'
import { type InboxRow, loadEvents } from '../inbox/load-events.ts'
import { readVersions } from '../ledger/read-versions.ts'

/** An event in its present state, and the basis of a verdict on it. */
export interface BasedEvent {
  event: InboxRow
  /** The event's state and generation, and the version of its onboarding. */
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
