import type { Pool } from 'pg'
import { z } from 'zod'
import { SEND_NOTIFICATION } from '../domain/notification.ts'
import { commandEventsOf, type FoundEvent, findEvents } from '../inbox/find-events.ts'
import { type FoundEffect, findEffects } from '../ledger/find-effects.ts'
import { type FoundStream, findStreams } from '../ledger/find-streams.ts'
import { UsageError } from '../platform/app-error.ts'
import { GATEHOUSE } from '../platform/command-name.ts'
import { prefixPatterns } from '../platform/opaque-id.ts'
import { type FoundReplay, findReplays } from '../replay/find-replays.ts'
import { counted } from './say/counted.ts'
import { sayEffect } from './say/say-effect.ts'

/** Kinds of search results, in the order in which they are listed. */
export const FOUND_KINDS = [
  'onboarding',
  'account',
  'account-member-change',
  'account-closing',
  'event',
  'effect',
  'order',
  'quote-execution',
  'deposit',
  'transfer',
  'deposit-instructions',
  'wire',
  'member-change',
  'document',
  'identity-change',
  'identity-request',
  'replay',
] as const
export type FoundKind = (typeof FOUND_KINDS)[number]

/** One object with an id or a key that begins with the text. */
export interface Found {
  kind: FoundKind
  id: string
  /** The kind of id that matched: `account id`, `ref_id`, `webhook-id`, … */
  matchedBy: string
  /** The value of that id. */
  value: string
  /** Whether the text is the whole id. */
  exact: boolean
  state: string
  /** A short description. */
  says: string
  identityId: string | null
  at: Date
  /** The page that shows it. */
  page: string
  /** The command that shows it. */
  command: string
}

export interface FindAnswer {
  /** The searched text, without blanks and quotes around it. */
  text: string
  /** Exact matches first, then by kind. */
  items: Found[]
  /** There are more matches than are listed. */
  more: boolean
}

export interface FindUseCases {
  /** Objects with this id or key, or with this prefix of it: 20 of every kind at most. @throws UsageError for an empty or overlong text */
  find(text: string): Promise<FindAnswer>
}

const MOST_OF_A_KIND = 20
const LONGEST_TEXT = 300

/** One search over all objects with an id or a key. Each look-up reads one range of an index, at any size of the data. */
export function findUseCases({ pool }: { pool: Pool }): FindUseCases {
  return {
    find: async (asked) => {
      const text = readSearchText(asked)
      const patterns = prefixPatterns(text)
      const limit = MOST_OF_A_KIND + 1
      const [streams, events, effects, replays] = await Promise.all([
        findStreams(pool, patterns, limit),
        findEvents(pool, patterns, limit),
        findEffects(pool, text, limit),
        findReplays(pool, text, limit),
      ])
      const ownerless = [...streams, ...effects.map(({ streamId, identityId }) => ({ id: streamId, identityId }))].filter(
        ({ identityId }) => identityId === null,
      )
      const placeOf = placesOf(await commandEventsOf(pool, [...new Set(ownerless.map(({ id }) => id))]))
      const found = [
        ...streams.map((stream) => ofStream(stream, placeOf)),
        ...events.map(ofEvent),
        ...effects.map((effect) => ofEffect(effect, placeOf)),
        ...replays.map(ofReplay),
      ]
      return { text, ...arrange(found, text) }
    },
  }
}

const NOTHING_GIVEN = 'must be an id or a key, or its first characters'
const AROUND = /^["'`<([]+|["'`>)\],;]+$/g

/** The text of a search, under one rule on every face: without what comes along when an id is copied (blanks, quotes, a comma). */
export const SearchText = z
  .string(NOTHING_GIVEN)
  .transform((text) => text.trim().replaceAll(AROUND, ''))
  .pipe(z.string().min(1, NOTHING_GIVEN).max(LONGEST_TEXT, `may have at most ${LONGEST_TEXT} characters`))

function readSearchText(asked: string): string {
  const parsed = SearchText.safeParse(asked)
  if (parsed.success) return parsed.data
  throw new UsageError(parsed.error.issues.map(({ message }) => message).join('; '), { field: 'q' })
}

type Unweighed = Omit<Found, 'exact'>

function arrange(found: readonly Unweighed[], text: string): Pick<FindAnswer, 'items' | 'more'> {
  const wanted = text.toLowerCase()
  const once = new Map(found.map((item) => [`${item.kind} ${item.id} ${item.value}`, item]))
  const kinds = Map.groupBy(once.values(), ({ kind }) => kind)
  const items = FOUND_KINDS.flatMap((kind) => kinds.get(kind)?.slice(0, MOST_OF_A_KIND) ?? []).map((item) => ({
    ...item,
    exact: item.value.toLowerCase() === wanted || item.value.replaceAll('-', '').toLowerCase() === wanted,
  }))
  const more = [...kinds.values()].some(({ length }) => length > MOST_OF_A_KIND)
  return { items: [...items.filter(({ exact }) => exact), ...items.filter(({ exact }) => !exact)], more }
}

const FIELD_NAMES: Readonly<Record<string, string>> = {
  identity_id: 'identity id',
  ref_id: 'ref_id',
  account_id: 'account id',
  profile_id: 'profile id',
  account_key: 'id of a further account',
  change_key: 'id of a change of members',
  closing_id: 'id of a closing',
  request_id: 'request id',
  order_id: 'order id',
  paxos_order_id: "Paxos's order id",
  execution_id: 'execution id',
  paxos_execution_id: "Paxos's execution id",
  deposit_id: 'deposit id',
  activity_id: "Paxos's activity id",
  transfer_id: 'transfer id',
  paxos_transfer_id: "Paxos's transfer id",
  instructions_id: 'instructions id',
  paxos_instructions_id: "Paxos's instructions id",
  wire_id: 'wire id',
  document_id: 'document id',
  file_id: "Paxos's file id",
  change_id: 'change id',
}

function ofStream({ kind, id, field, value, state, identityId, createdAt }: FoundStream, placeOf: PlaceOf): Unweighed {
  return {
    ...{ kind, id, value, state, identityId, at: createdAt },
    matchedBy: FIELD_NAMES[field] ?? field,
    says: kind.replaceAll('-', ' '),
    ...placeOf(id, identityId),
  }
}

function ofEvent({ eventId, commandId, type, state, identityId, receivedAt }: FoundEvent): Unweighed {
  return {
    ...{ kind: 'event' as const, id: eventId, state, identityId, at: receivedAt },
    matchedBy: commandId === null ? 'event id' : 'command id',
    value: commandId ?? eventId,
    says: `${commandId === null ? 'event' : 'command'} ${type}`,
    page: `/events/${encodeURIComponent(eventId)}`,
    command: `${GATEHOUSE} event show ${eventId}`,
  }
}

function ofEffect(effect: FoundEffect, placeOf: PlaceOf): Unweighed {
  const { streamId, kind, key, state, identityId, intendedAt } = effect
  return {
    ...{ kind: 'effect' as const, id: key, value: key, state, identityId, at: intendedAt },
    matchedBy: kind === SEND_NOTIFICATION ? 'webhook-id' : 'key at Paxos (ref_id)',
    says: sayEffect(effect),
    ...placeOf(streamId, identityId),
  }
}

function ofReplay({ id, state, events, plannedBy, plannedAt }: FoundReplay): Unweighed {
  return {
    ...{ kind: 'replay' as const, id, value: id, state, identityId: null, at: plannedAt },
    matchedBy: 'replay id',
    says: `replay of ${counted(events, 'event')} by ${plannedBy}`,
    page: `/replays/${id}`,
    command: `${GATEHOUSE} replay show ${id}`,
  }
}

type PlaceOf = (streamId: string, identityId: string | null) => Pick<Found, 'page' | 'command'>

/** Objects of a customer are on the customer's page. The event of its command shows a request without a customer. */
function placesOf(commandEvents: ReadonlyMap<string, string>): PlaceOf {
  return (streamId, identityId) => {
    const eventId = commandEvents.get(streamId)
    const place =
      identityId === null && eventId !== undefined
        ? { page: `/events/${encodeURIComponent(eventId)}`, command: `${GATEHOUSE} event show ${eventId}` }
        : {
            page: `/onboardings/${encodeURIComponent(identityId ?? streamId)}`,
            command: `${GATEHOUSE} onboarding show ${identityId ?? streamId}`,
          }
    const noun = (['order', 'transfer', 'account'] as const).find((each) => streamId.startsWith(`${each}-`))
    return noun ? { ...place, command: `${GATEHOUSE} ${noun} show ${streamId}` } : place
  }
}
