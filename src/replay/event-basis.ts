import type { Pool, PoolClient } from 'pg'
import type { EventState } from '../domain/event-state.ts'
import { type InboxRow, loadEvents } from '../inbox/load-events.ts'
import { readVersions } from '../ledger/read-versions.ts'

/** An event in its present state, and the basis of a verdict on it. */
export interface BasedEvent {
  event: InboxRow
  /** The event's state and generation, and the version of its onboarding. */
  basis: string
}

/** The state of the event in a stored basis. */
export function stateOfBasis(basis: string): EventState {
  return basis.split('/')[0] as EventState // `basisOf` wrote it
}

/** The same in SQL, of the column `basis`. */
export const STATE_OF_BASIS = `split_part(basis, '/', 1)`

/** What a verdict rests on: the event's state and generation, and the version of its onboarding (0: there is none). */
function basisOf({ state, generation }: InboxRow, version: number): string {
  return [state, generation, version].join('/')
}

/** Reads these events (bigint as text) with their onboardings' versions. */
export async function readBases(on: Pool | PoolClient, seqs: readonly string[]): Promise<Map<string, BasedEvent>> {
  const events = (await loadEvents(on, seqs)).filter((event) => event !== null)
  const versions = await readVersions(on, [...new Set(events.flatMap(({ identityId }) => identityId ?? []))])
  return new Map(events.map((event) => [event.seq, { event, basis: basisOf(event, versions.get(event.identityId ?? '') ?? 0) }]))
}
