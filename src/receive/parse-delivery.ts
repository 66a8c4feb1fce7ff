import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import { z } from 'zod'
import { OWN_ID_PREFIX } from '../inbox/own-ids.ts'
import type { ReceivedEvent } from '../inbox/received-event.ts'
import { canonicalId, OPAQUE_ID } from '../platform/opaque-id.ts'
import { HttpProblem } from '../platform/problem.ts'

/** RFC 3339 with any number of fraction digits: the Events API has nanoseconds, Gatehouse keeps milliseconds. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i
const END_OF_TIME = Date.UTC(10_000, 0, 1)
const TYPE = /^[^\p{Cc}]{1,200}$/u

/** A delivery as documented (paxos/api.md 2.2). Unknown types and further fields are accepted. `object` and `is_test` may be missing. */
export const Delivery = z.object({
  id: z
    .string('must be a string: the event id')
    .regex(OPAQUE_ID, 'must be 1 to 200 visible ASCII characters: the event id')
    .refine((id) => !id.startsWith(OWN_ID_PREFIX), `must be an id issued by Paxos: ${OWN_ID_PREFIX}… is reserved for Gatehouse`),
  type: z.string('must be a string: the event type').regex(TYPE, 'must be 1 to 200 characters, none of them a control character'),
  source: z.string('must be a string, such as com.paxos'),
  time: z
    .string('must be a string: when the event was created')
    .refine(
      (time) => RFC_3339.test(time) && isDay(time.slice(0, 10)) && isStorable(Date.parse(time)),
      'must be an RFC 3339 time, such as 2026-03-02T09:15:30Z',
    ),
  object: z.string('must be a string or absent').nullish(),
  is_test: z.boolean('must be true, false or absent').nullish(),
})

/**
 * Reads the body of a webhook.
 * @throws HttpProblem 400 `BODY_MALFORMED` when it is not JSON, `DELIVERY_INVALID` naming each wrong field.
 */
export function parseDelivery(body: Buffer): ReceivedEvent {
  const parsed = Delivery.safeParse(parseJson(body))
  if (!parsed.success) {
    throw new HttpProblem(400, 'DELIVERY_INVALID', "The body is not a webhook delivery in Paxos's format; see errors.", {
      errors: parsed.error.issues.map(({ path, message }) =>
        path.length === 0 ? { field: '(body)', message: 'must be a JSON object' } : { field: path.join('.'), message },
      ),
    })
  }
  const { id, type, time, is_test } = parsed.data
  return {
    eventId: canonicalId(id),
    type,
    occurredAt: new Date(time),
    isTest: is_test ?? false,
    origin: 'webhook',
    bodySha256: hash('sha256', body, 'hex'),
  }
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) throw new HttpProblem(400, 'BODY_MALFORMED', 'The body is empty; JSON is expected.')
  try {
    if (isUtf8(body)) return JSON.parse(withoutByteOrderMark(body.toString()))
  } catch {
    // the same refusal
  }
  throw new HttpProblem(400, 'BODY_MALFORMED', 'The body is not valid JSON in UTF-8.')
}

/** Some senders put a byte order mark before UTF-8. The operator API and the commands accept it too. */
function withoutByteOrderMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

/** Whether the day exists: JavaScript reads 30 February as 2 March. */
function isDay(date: string): boolean {
  const at = new Date(`${date}T00:00:00Z`)
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(date)
}

/**
 * Whether the time can be stored. NaN: no such time. Paxos and Gatehouse have no events outside these years, and Postgres has no such
 * timestamps.
 */
function isStorable(milliseconds: number): boolean {
  return milliseconds >= 0 && milliseconds < END_OF_TIME
}
