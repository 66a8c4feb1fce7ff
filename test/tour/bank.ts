import type { InstructionsStory } from '../../src/operate/trading/transfer-use-cases.ts'
import { decimal } from '../../src/sandbox/money/decimal.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { StoredEvent } from '../../src/sandbox/world/event-store.ts'

/** A customer's bank at the simulator: it sends a wire with the memo, and takes one back. */
export function bankOf(sandbox: Sandbox) {
  const transferOf = (id: string) => {
    const transfer = sandbox.transfers.get(id)
    if (!transfer) throw new Error(`the simulator has no transfer ${id}`)
    return transfer
  }
  return {
    /** Paxos's id of the transfer. */
    wire: ({ memoId }: Pick<InstructionsStory, 'memoId'>, amount: string): string => {
      const instructions = sandbox.transfers.byMemo(memoId ?? '')
      if (!instructions) throw new Error(`the simulator has no instructions with the memo ${memoId}`)
      return sandbox.transferDesk.receiveWire(instructions, decimal(amount), 'USD').id
    },
    takeBack: (paxosTransferId: string): void => sandbox.transferDesk.returnDeposit(transferOf(paxosTransferId)),
    /** The events of transfers until now, in the order of Paxos. */
    events: (): StoredEvent[] => sandbox.events.all.filter(({ type }) => type.startsWith('transfer.')),
  }
}
