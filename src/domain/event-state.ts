/**
 * Where an event of the inbox stands.
 *
 * - `accepted`: committed and unfinished. In: the receiver, a sweep, an operator's replay. Out: the worker.
 * - `processed`: finished, with an outcome. In: the worker. Out: only an operator's replay; one that fails brings it back here.
 * - `parked`: another try cannot help. In: the worker. Out: an operator's replay.
 * - `dead`: its attempts are spent. In: the worker. Out: an operator's replay.
 * - `test`: a test delivery, inert. In: the receiver. Out: a real delivery of the same id.
 */
export const EVENT_STATES = ['accepted', 'processed', 'parked', 'dead', 'test'] as const
export type EventState = (typeof EVENT_STATES)[number]

/** Who put an event into the inbox: Paxos by webhook, the sweep that found it listed, a caller of the API, or a stream that set a timer. */
export const EVENT_ORIGINS = ['webhook', 'sweep', 'command', 'timer'] as const
export type EventOrigin = (typeof EVENT_ORIGINS)[number]
