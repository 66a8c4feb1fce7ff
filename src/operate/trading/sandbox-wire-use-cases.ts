import type { Pool } from 'pg'
import type { Actor } from '../../domain/actor.ts'
import type { Wire } from '../../domain/transfer/wire.ts'
import { INSTRUCTIONS_READS } from '../../ledger/read-deposit-instructions.ts'
import { WIRE_READS } from '../../ledger/read-wires.ts'
import type { StreamRecord } from '../../ledger/stream-reads.ts'
import type { Perform } from '../audited.ts'
import { sendWire, type WireParts, type WireRequest } from './send-wire.ts'

export interface SandboxWireUseCases {
  /**
   * Sandbox only: sends a wire of invented money by these deposit instructions. Its transfer follows. Safe to repeat with the same key.
   * @throws InstructionsUnknownError, InstructionsNotPayableError, FeatureOffError, IdempotencyKeyReusedError
   */
  sendWire(asked: WireRequest, actor: Actor): Promise<{ wire: StreamRecord<Wire>; created: boolean }>
}

export function sandboxWireUseCases({
  pool,
  perform,
  ...parts
}: Omit<WireParts, 'find' | 'instructions'> & { pool: Pool; perform: Perform }): SandboxWireUseCases {
  const find = (wireId: string) => WIRE_READS.find(pool, wireId)
  const instructions = (instructionsId: string) => INSTRUCTIONS_READS.find(pool, instructionsId)
  return {
    sendWire: (asked, actor) => {
      const { instructionsId, asset, amount } = asked
      const data = { instructionsId, asset, amount }
      const rule = { action: 'wire.send', target: instructionsId, reason: null, data, entry: 'after' as const }
      return perform(actor, { ...rule, result: ({ wire, created }) => ({ target: wire.wireId, data: { ...data, created } }) }, () =>
        sendWire({ ...parts, find, instructions }, asked, actor),
      )
    },
  }
}
