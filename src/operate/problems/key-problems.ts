import type { Demotion } from '../../inbox/key-record.ts'
import type { UnknownOfKey } from '../../inbox/webhook-keys.ts'
import { GATEHOUSE } from '../../platform/command-name.ts'
import { counted } from '../say/counted.ts'
import { clockTime } from '../say/say-time.ts'
import type { Observed } from './observed.ts'
import type { FoundProblem } from './problem.ts'

/** Webhook keys whose events Paxos does not know: until the key is withdrawn, and then until its events are dismissed. */
export function demotedKeys({ keys, unknownOfKeys }: Observed): FoundProblem[] {
  return keys.flatMap(({ slot, accepted, demoted }) => {
    if (!demoted) return []
    const parked = unknownOfKeys.find((each) => each.slot === slot)
    const withdrawn = accepted === false
    if (withdrawn && !parked) return []
    const { at } = demoted
    const cause = sayCause(slot, demoted)
    const dismiss = parked ? dismissal(parked) : null
    return [
      {
        key: `key-demoted:${slot}`,
        kind: 'key-demoted',
        severity: withdrawn ? 'warning' : 'fault',
        sentence: `${cause} ${parkedNow(parked)}`,
        ...(demoted.leaked ? { facts: `Webhook key ${slot} was marked as leaked.` } : {}),
        since: at,
        customers: null,
        nextAction: withdrawn
          ? 'No running receiver accepts the key any more. Dismiss its events with the command below.'
          : `If the key was stolen, exchange it: ${exchange(slot)}. Then dismiss its events${dismiss ? ' with the command below' : ''}.`,
        page: '/events?state=parked&cause=EVENT_UNKNOWN_TO_PAXOS',
        command: dismiss ?? `${GATEHOUSE} key list`,
      },
    ]
  })
}

function sayCause(slot: string, { at, known, unknown, leaked }: Demotion): string {
  if (leaked)
    return `${leaked.by} marked webhook key ${slot} as leaked at ${clockTime(at)}: ${leaked.reason}. Only Paxos's listing moves what it brings.`
  return `Paxos did not know ${unknown} of ${counted(known + unknown, 'event')} of webhook key ${slot}, so Gatehouse demoted it at ${clockTime(at)}.`
}

function parkedNow(parked: UnknownOfKey | undefined): string {
  if (!parked) return 'None of its events is parked.'
  return `${counted(parked.events, 'event')} of the key parked as unknown to Paxos.`
}

/** `openssl rand -hex 24` makes a new key, and the variable that takes it, by authenticator. */
function exchange(slot: string): string {
  if (slot.startsWith('oauth-')) return 'set a new secret in WEBHOOK_OAUTH_CLIENTS (openssl rand -hex 24 makes one), here and at Paxos'
  if (slot.startsWith('signature-')) return 'set a new secret in WEBHOOK_SIGNING_SECRETS, here and at Paxos'
  return 'set WEBHOOK_API_KEYS to a new key (openssl rand -hex 24 makes one), here and at Paxos'
}

/** In whole seconds, the last of them included. */
function dismissal({ slot, firstReceivedAt, lastReceivedAt }: UnknownOfKey): string {
  const from = new Date(Math.floor(firstReceivedAt.getTime() / 1_000) * 1_000)
  const to = new Date((Math.floor(lastReceivedAt.getTime() / 1_000) + 1) * 1_000)
  const time = (at: Date): string => at.toISOString().replace('.000Z', 'Z')
  return `${GATEHOUSE} event dismiss --key ${slot} --from ${time(from)} --to ${time(to)} --operator <you> --reason "..."`
}
