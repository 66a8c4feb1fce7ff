import { MOST_COUNTED } from '../replay/replay.ts'
import { counted } from './counted.ts'

/** `6 events`; `1000 of 2500 events that match` where the limit took fewer. */
export function sayEvents({ events, matched }: { events: number; matched: number | null }): string {
  if (matched === null) return counted(events, 'event')
  return `${events} of ${matched > MOST_COUNTED ? `more than ${MOST_COUNTED}` : matched} events that match`
}
