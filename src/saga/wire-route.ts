import { SEND_WIRE, WIRE_RULES, type WireSnapshot } from '../domain/transfer/wire.ts'
import { sendWireEffect, type WireEffectParts } from '../effects/send-wire.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { PaxosClient } from '../paxos/paxos-client.ts'
import type { OwnRoute } from './prepare-event.ts'
import type { StreamKind } from './stream-kind.ts'
import { streamWork } from './stream-work.ts'

export interface WireParts extends WireEffectParts {
  ledger: Ledger<WireSnapshot>
  paxos: PaxosClient
}

/** The command to send a wire of the Sandbox moves the wire that it names. */
export function wireRoute({ ledger, paxos, ...parts }: WireParts): OwnRoute {
  const kind: StreamKind<WireSnapshot, null> = { rules: WIRE_RULES, ledger, effects: [sendWireEffect(paxos, parts)] }
  return {
    type: SEND_WIRE,
    work: ({ streamId }) => streamWork(kind, { streamId, identityId: null, observe: async () => null }),
  }
}
