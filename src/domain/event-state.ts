/**
 * Where an event of the inbox stands.
 *
 * - `accepted`: committed and unfinished. In: the receiver, a sweep, an operator's replay. Out: the worker.
 * - `processed`: finished, with an outcome. In: the worker. Out: only an operator's replay; one that fails brings it back here.
 * - `parked`: another try cannot help. In: the worker. Out: an operator, who replays or dismisses it.
 * - `dead`: its attempts are spent. In: the worker. Out: an operator, who replays or dismisses it.
 * - `test`: a test delivery, inert. In: the receiver. Out: a real delivery of the same id.
 * - `dismissed`: an operator has said, with a reason, that it cannot succeed. In: an operator. Out: an operator who restores it.
 */
export const EVENT_STATES = ['accepted', 'processed', 'parked', 'dead', 'test', 'dismissed'] as const
export type EventState = (typeof EVENT_STATES)[number]

/** Where an event came from: a webhook of Paxos, the sweep over List Events, a caller of the API (command), or a stream (timer). */
export const EVENT_ORIGINS = ['webhook', 'sweep', 'command', 'timer'] as const
export type EventOrigin = (typeof EVENT_ORIGINS)[number]
